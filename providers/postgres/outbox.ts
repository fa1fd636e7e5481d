import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { OutboxEntry, SinkKind } from "../../src/provider/persistence.ts";
import { whole } from "./client.ts";
import type { Connection } from "./connection.ts";

/** What no sink has before it is gone. */
const deleteEntries = `
  DELETE FROM @wfe_outbox
  WHERE seq <= coalesce((SELECT min(position) FROM @wfe_sink WHERE kind = 'events'), 9223372036854775807)`;

const insertSink = "SELECT @wfe_open_sink($1, $2, $3::bigint)::text";
const deleteSink = "DELETE FROM @wfe_sink WHERE name = $1";
const deleteIdle = `
  DELETE FROM @wfe_sink WHERE coalesce(leased_until, 0) < $1::bigint RETURNING to_json(name)::text AS r`;
const moveSink = "UPDATE @wfe_sink SET position = greatest(position, $2::bigint) WHERE name = $1";

const takeLease = `
  UPDATE @wfe_sink SET host = $2, leased_until = $3::bigint
  WHERE name = $1 AND (host IS NULL OR host = $2 OR leased_until <= $4::bigint)
    AND EXISTS (SELECT 1 FROM @wfe_host WHERE incarnation = $2)
  RETURNING to_json(name)::text AS r`;

const selectEntries = "SELECT e::text AS r FROM @wfe_read_outbox($1, $2::bigint) AS e";

/** From now on what its kind says is kept for this sink. */
export async function openSink(
  connection: Connection,
  name: string,
  kind: SinkKind,
  now: number,
): Promise<void> {
  await connection.all(`open sink ${name}`, insertSink, name, kind, now);
}

/** What was kept for this sink alone is gone. */
export async function closeSink(connection: Connection, name: string): Promise<void> {
  await connection.transaction(`close sink ${name}`, async (transaction) => {
    await transaction.all(deleteSink, name);
    await transaction.all(deleteEntries);
  });
}

/** Closes the sinks that nobody has used since a time; returns their names. */
export function closeIdleSinks(connection: Connection, since: number): Promise<string[]> {
  return connection.transaction("close idle sinks", async (transaction) => {
    const names = await transaction.all<string>(deleteIdle, since);
    if (names.length > 0) await transaction.all(deleteEntries);
    return names;
  });
}

/** Gives a host, which must be entered, the right to feed a sink; false where another has it. */
export async function leaseSink(
  connection: Connection,
  name: string,
  incarnation: string,
  until: number,
  now: number,
): Promise<boolean> {
  return (await connection.all(`lease sink ${name}`, takeLease, name, incarnation, until, now)).length > 0;
}

/** Forgets what a sink has behind it. */
export async function clearOutbox(connection: Connection, sink: string, upTo: number): Promise<void> {
  await connection.transaction(`clear for sink ${sink}`, async (transaction) => {
    await transaction.all(moveSink, sink, whole(upTo));
    await transaction.all(deleteEntries);
  });
}

/** The oldest entries that a sink has before it. */
export async function readOutbox(
  connection: Connection,
  sink: string,
  limit: number,
): Promise<OutboxEntry[]> {
  const rows = await connection.all<OutboxEntry>(`read for sink ${sink}`, selectEntries, sink, whole(limit));
  return rows.map(({ seq, event }) => Object.freeze({ seq, event: deepFreeze(event) }));
}
