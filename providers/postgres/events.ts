import type { NewEvent } from "../../src/instance/transition.ts";
import { whole } from "./client.ts";
import type { Connection } from "./connection.ts";
import { UnflushedError } from "./errors.ts";

const publish =
  "SELECT p::text AS r FROM @wfe_publish($1::text::json, $2::text::json, $3::bigint, $4::boolean) AS p";
/** Writes something, of which nothing is kept, so that its commit is flushed, and with it all that was before. */
const flush = "SELECT pg_logical_emit_message(true, 'wfe', '')";

/** Flushed, for who has published it may not have come to that yet. */
const selectMessage =
  "SELECT to_json(seq)::text AS r, pg_logical_emit_message(true, 'wfe', '') FROM @wfe_event WHERE message_id = $1";
const selectFanOut = "SELECT to_json(EXISTS (SELECT 1 FROM @wfe_fan_out))::text AS r";
const continueFanOut = "SELECT @wfe_continue_fan_out($1::bigint, $2::bigint)::text AS r";
const forgetOld = "SELECT to_json(@wfe_forget_events($1::bigint, $2::bigint))::text AS r";

/** What became of an event that was to be published; its position is null where the message id was known. */
export interface Published {
  /** Its position. */
  readonly seq: number | null;
  /** Ids of the runs that got mail. */
  readonly woken: readonly string[] | null;
}

/**
 * Keeps events and sends each to the first runs that wait for it, but for those whose message ids are known. Tried once.
 *
 * @param isFlushed whether that is flushed; else {@linkcode flushBehind} is to follow on the same connection
 */
export function publishEvents(
  connection: Connection,
  events: readonly NewEvent[],
  now: number,
  isFlushed: boolean,
): Promise<Published[]> {
  const rows = events.map(({ name, key, time, messageId, data }) => ({
    name,
    key,
    time,
    message_id: messageId,
    data,
  }));
  const locks = events.map(({ name, key }) => [name, key, true]);
  return connection.once<Published>(publish, JSON.stringify(rows), JSON.stringify(locks), now, isFlushed);
}

/** Resolves when all is flushed that the same connection has done before. Tried once: another one could not tell. */
export async function flushBehind(connection: Connection): Promise<void> {
  try {
    await connection.once(flush);
  } catch (error) {
    throw new UnflushedError(error);
  }
}

/** The position under which an event is kept for sure, by its message id. */
export function findMessage(connection: Connection, messageId: string): Promise<number | undefined> {
  return connection.get<number>("read an event", selectMessage, messageId);
}

/** Whether an event has not reached all runs that wait for it. */
export async function isFanningOut(connection: Connection): Promise<boolean> {
  return (await connection.get<boolean>("send events", selectFanOut))!;
}

/** Sends the oldest event that has not reached all to the next `limit` runs; null where there is none. */
export async function sendOn(connection: Connection, limit: number, now: number): Promise<string[] | null> {
  return (await connection.get<string[] | null>("send events", continueFanOut, whole(limit), now)) ?? null;
}

/** Deletes events that nobody is about to read; returns how many. */
export async function forgetEvents(connection: Connection, before: number, limit: number): Promise<number> {
  return (await connection.get<number>("forget events", forgetOld, whole(before), whole(limit)))!;
}
