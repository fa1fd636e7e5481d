import type { NewEvent } from "../../src/instance/transition.ts";
import type { PublishOutcome } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";

interface PublishedRow {
  readonly seq: number | null;
  readonly woken: readonly string[] | null;
}

const publish = `
  SELECT @wfe_publish($1, $2, $3::bigint, $4, $5::text::json, $6::bigint)::text AS r`;

const selectMessage = "SELECT to_json(seq)::text AS r FROM @wfe_event WHERE message_id = $1";
const selectFanOut = "SELECT to_json(EXISTS (SELECT 1 FROM @wfe_fan_out))::text AS r";
const continueFanOut = "SELECT @wfe_continue_fan_out($1::bigint, $2::bigint)::text AS r";
const forgetOld = "SELECT to_json(@wfe_forget_events($1::bigint, $2::bigint))::text AS r";

/** Keeps an event and sends it to the first runs that wait for it. Does nothing where the message id is known. */
export async function publishEvent(
  connection: Connection,
  { name, key, time, messageId, data }: NewEvent,
  now: number,
): Promise<PublishOutcome> {
  const what = `publish event ${name}`;
  const values = [name, key, time, messageId, data === null ? null : JSON.stringify(data), now];
  for (;;) {
    // A message id makes of two one.
    const [row] = messageId === null
      ? await connection.write<PublishedRow>(what, publish, ...values)
      : await connection.all<PublishedRow>(what, publish, ...values);
    const { seq, woken } = row!;
    if (seq !== null) return { seq, existed: false, woken: woken ?? [] };
    const known = await connection.get<number>(what, selectMessage, messageId);
    if (known !== undefined) return { seq: known, existed: true, woken: [] };
    // It has been forgotten since.
  }
}

/** Whether an event has not reached all runs that wait for it. */
export async function isFanningOut(connection: Connection): Promise<boolean> {
  return (await connection.get<boolean>("send events", selectFanOut))!;
}

/** Sends the oldest event that has not reached all to the next `limit` runs; null where there is none. */
export async function sendOn(connection: Connection, limit: number, now: number): Promise<string[] | null> {
  return (await connection.get<string[] | null>("send events", continueFanOut, limit, now)) ?? null;
}

/** Deletes events that nobody is about to read; returns how many. */
export async function forgetEvents(connection: Connection, before: number, limit: number): Promise<number> {
  return (await connection.get<number>("forget events", forgetOld, before, limit))!;
}
