import type { NewEvent } from "../../src/instance/transition.ts";
import type { Connection } from "./connection.ts";
import { toJson } from "./json.ts";
import { eventBehind } from "./subscriptions.ts";
import { type Block, effect, query, unguarded, type Write, type WriteRows } from "./write.ts";

/** Runs that get an event within the transaction that publishes it. */
const mostWoken = 1_000;

/** Has no row where the message id is known. */
const insertEvent = query(`
  INSERT INTO wfe_event (name, key, time, latest, published_at, message_id, data)
  VALUES (?1, ?2, ?3,
    max(?3, coalesce((SELECT latest FROM wfe_event WHERE name = ?1 AND key = ?2 ORDER BY latest DESC LIMIT 1), ?3)),
    ?4, ?5, ?6)
  ON CONFLICT (message_id) WHERE message_id IS NOT NULL DO NOTHING
  RETURNING seq AS key`);

/** The next ?2 runs that wait for event ?1, each with the earliest time that it waits for. */
const waiting = `
  SELECT s.run, e.name, e.key, min(s.since) AS since FROM wfe_event AS e CROSS JOIN wfe_subscription AS s
  WHERE e.seq = ?1 AND s.name = e.name AND s.key = e.key AND s.since <= e.time
    AND s.run > coalesce((SELECT position FROM wfe_fan_out WHERE event = ?1), 0)
  GROUP BY s.run ORDER BY s.run LIMIT ?2 + 0`;

/**
 * None overtakes another: a run for which an earlier event is on its way gets this one when it has taken that. One
 * that has begun to wait since this event was published has found it by itself.
 */
const mailWaiting = query(`
  WITH
    waiting AS (${waiting}),
    w AS MATERIALIZED (
      SELECT run, name, key, since, max(
        coalesce((SELECT seq FROM wfe_cursor AS c
          WHERE c.run = waiting.run AND c.name = waiting.name AND c.key = waiting.key), 0),
        coalesce((SELECT m.event FROM wfe_mail AS m CROSS JOIN wfe_event AS x
          WHERE m.run = waiting.run AND x.seq = m.event AND x.name = waiting.name AND x.key = waiting.key
          ORDER BY m.seq DESC LIMIT 1), 0)) AS after
      FROM waiting)
  INSERT INTO wfe_mail (run, seq, kind, event, at)
  SELECT i.key, i.inbox_seq + 1, 'event', ?1, ?3
  FROM w CROSS JOIN wfe_instance AS i
  WHERE i.key = w.run AND w.after < ?1
    AND NOT EXISTS (SELECT 1 FROM wfe_event AS x WHERE x.seq < ?1 AND ${eventBehind})
  RETURNING (SELECT id FROM wfe_instance WHERE key = run) AS id`);

/** Remembers an event that has not reached all runs that wait for it: those behind the first ?2. */
const rememberRest = effect(`
  INSERT INTO wfe_fan_out (event, position)
  SELECT ?1, max(run) FROM (${waiting}) HAVING count(*) = ?2`);

/** The one that was published first. */
const selectOldest = query("SELECT event AS key FROM wfe_fan_out ORDER BY event LIMIT 1");
const moveOn = effect(`
  UPDATE wfe_fan_out SET position = coalesce((SELECT max(run) FROM (${waiting})), position) WHERE event = ?1`);
const forgetFanOut = effect(`
  DELETE FROM wfe_fan_out WHERE event = ?1 AND NOT EXISTS (
    SELECT 1 FROM wfe_event AS e CROSS JOIN wfe_subscription AS s
    WHERE e.seq = ?1 AND s.name = e.name AND s.key = e.key AND s.run > wfe_fan_out.position AND s.since <= e.time)`);

const forgetOld = query(`
  DELETE FROM wfe_event WHERE seq IN (
    SELECT seq FROM wfe_event AS e
    WHERE published_at < ?1
      AND NOT EXISTS (SELECT 1 FROM wfe_mail WHERE event = e.seq)
      AND NOT EXISTS (SELECT 1 FROM wfe_fan_out WHERE event = e.seq)
    ORDER BY published_at LIMIT ?2 + 0)
  RETURNING seq`);

/** Whether an event has not reached all runs that wait for it. */
export function isFanningOut(connection: Connection): boolean {
  return connection.get("SELECT 1 FROM wfe_fan_out LIMIT 1") !== undefined;
}

/** The position under which an event was kept, by its message id. */
export const selectMessage = "SELECT seq FROM wfe_event WHERE message_id = ?1";

/** Keeps an event and sends it to the first runs that wait for it. Does nothing where the message id is known. */
export function publishEvent({ name, key, time, messageId, data }: NewEvent, now: number): Block {
  return [insertEvent, [name, key, time ?? now, now, messageId, toJson(data)], [
    [mailWaiting, [mostWoken, now]],
    [rememberRest, [mostWoken]],
    [forgetFanOut, []],
  ]];
}

/** Sends the oldest event that has not reached all to the next `limit` runs; refused where there is none. */
export function continueFanOut(limit: number, now: number): Write {
  return [[selectOldest, [], [[mailWaiting, [limit, now]], [moveOn, [limit]], [forgetFanOut, []]]]];
}

/** Deletes events that nobody is about to read; gives a row for each. */
export function forgetEvents(before: number, limit: number): Write {
  return unguarded([forgetOld, [before, limit]]);
}

/** Ids of the runs that got mail by these blocks of a write, each once. */
export function wokenBy(blocks: NonNullable<WriteRows>): string[] {
  return [...new Set(blocks.flatMap((block) => block?.[1]?.map(({ id }) => id as string) ?? []))];
}
