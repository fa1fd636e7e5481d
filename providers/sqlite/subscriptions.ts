import type { EventIdentity } from "../../src/instance/instance.ts";
import { cursorKey } from "../../src/instance/instance_state.ts";
import type { Transition } from "../../src/instance/transition.ts";
import { effect, type Step } from "./write.ts";

const insertSubscription = effect(`
  INSERT OR REPLACE INTO wfe_subscription (run, pointer, name, key, since) VALUES (?1, ?2, ?3, ?4, ?5)`);

const deleteSubscriptions = effect(`
  DELETE FROM wfe_subscription WHERE run = ?1 AND pointer IN (SELECT value FROM json_each(?2))`);

const raiseCursor = effect(`
  INSERT INTO wfe_cursor (run, name, key, seq) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (run, name, key) DO UPDATE SET seq = max(seq, excluded.seq)`);

/**
 * SQL for an event of `w.name` and `w.key` that happened at `w.since` or later and is behind position `w.after`. The
 * seek by `latest` passes over what is too old or lies before that position.
 */
export const eventBehind = `
  x.name = w.name AND x.key = w.key AND x.seq > w.after AND x.time >= w.since
  AND x.latest >= max(w.since, coalesce((SELECT latest FROM wfe_event WHERE seq = w.after), w.since))`;

/**
 * Sends run ?1 the first event that its waits `w` (name, key, since) may take, for each, unless it lies in the mailbox
 * already: the one behind it follows when that one is taken. MATERIALIZED, or SQLite would look for it four times.
 */
const mailFirst = (waits: string): string => `
  WITH
    waits (name, key, since) AS (${waits}),
    w AS MATERIALIZED (
      SELECT name, key, since, coalesce((
          SELECT seq FROM wfe_cursor AS c WHERE c.run = ?1 AND c.name = waits.name AND c.key = waits.key), 0) AS after
      FROM waits WHERE since IS NOT NULL),
    first AS MATERIALIZED (
      SELECT (SELECT x.seq FROM wfe_event AS x WHERE ${eventBehind} ORDER BY x.latest, x.seq LIMIT 1) AS seq FROM w)
  INSERT INTO wfe_mail (run, seq, kind, event, at)
  SELECT ?1, i.inbox_seq + row_number() OVER (ORDER BY first.seq), 'event', first.seq, ?2
  FROM first CROSS JOIN wfe_instance AS i
  WHERE i.key = ?1 AND first.seq IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM wfe_mail WHERE event = first.seq AND run = ?1)`;

const mailFirstOf = effect(mailFirst(`
  SELECT ?3 AS name, ?4 AS key, min(since) AS since FROM wfe_subscription
  WHERE run = ?1 AND name = ?3 AND key = ?4`));

/** What is left of the waits for the same events as those of the activations ?3, which are about to be deleted. */
const mailFirstOfOthers = effect(mailFirst(`
  SELECT s.name, s.key, min(s.since) AS since
  FROM (
    SELECT DISTINCT name, key FROM wfe_subscription
    WHERE run = ?1 AND pointer IN (SELECT value FROM json_each(?3))
  ) AS over CROSS JOIN wfe_subscription AS s
  WHERE s.run = ?1 AND s.name = over.name AND s.key = over.key
    AND s.pointer NOT IN (SELECT value FROM json_each(?3))
  GROUP BY s.name, s.key`));

/** Adds what a transition changes in the waits of the guard's run, and the events that these find. */
export function changeWaits(
  steps: Step[],
  { subscribed, unsubscribed, taken }: Transition,
  now: number,
): void {
  if (taken.length + unsubscribed.length + subscribed.length === 0) return;
  for (const { name, key, seq } of taken) steps.push([raiseCursor, [name, key, seq]]);
  if (unsubscribed.length > 0) {
    const ids = JSON.stringify(unsubscribed);
    // A wait that has ended may have held back an event from the others.
    steps.push([mailFirstOfOthers, [now, ids]], [deleteSubscriptions, [ids]]);
  }
  for (const { pointerId, wait } of subscribed) {
    steps.push([insertSubscription, [pointerId, wait.name, wait.key, wait.since]]);
  }
  for (const { name, key } of distinct([...taken, ...subscribed.map(({ wait }) => wait)])) {
    steps.push([mailFirstOf, [now, name, key]]);
  }
}

function distinct(events: readonly EventIdentity[]): Iterable<EventIdentity> {
  return new Map(events.map((event) => [cursorKey(event), event])).values();
}
