import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { OutboxEntry, SinkKind } from "../../src/provider/persistence.ts";
import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { Connection } from "./connection.ts";
import { effect, query, type Statement, type Step, unguarded, type Write } from "./write.ts";

/** What writes keep for sinks. */
export interface Keeps {
  /** Their lifecycle events. */
  readonly events: boolean;
  /** That their runs have changed. */
  readonly runs: boolean;
}

const anySink = query("SELECT 1 FROM wfe_sink LIMIT 1");
const eventSink = query("SELECT 1 FROM wfe_sink WHERE kind = 'events' LIMIT 1");
const runSink = query("SELECT 1 FROM wfe_sink WHERE kind = 'runs' LIMIT 1");

/** Has a row where a sink is open that writes do not keep enough for: their group is then given back. */
export function sinkBeyond({ events, runs }: Keeps): Statement | null {
  if (events) return runs ? null : runSink;
  return runs ? eventSink : anySink;
}

/** What is to be kept for the sinks that are open. */
export function keptForSinks(connection: Connection): Keeps {
  const kinds = connection.all<{ readonly kind: SinkKind }>("SELECT DISTINCT kind FROM wfe_sink");
  return {
    events: kinds.some(({ kind }) => kind === "events"),
    runs: kinds.some(({ kind }) => kind === "runs"),
  };
}

/** Each event is kept once, whatever the number of sinks: a sink has a position. */
const insertEntries = effect(`
  INSERT INTO wfe_outbox (event) SELECT value FROM json_each(?2)
  WHERE EXISTS (SELECT 1 FROM wfe_sink WHERE kind = 'events') ORDER BY key`);

/** What was kept before is not for a new sink. A sink that nobody has the right to feed says when it was last used. */
const insertSink = effect(`
  INSERT INTO wfe_sink (name, position, leased_until, kind)
  VALUES (?1, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'wfe_outbox'), 0), ?2, ?3)
  ON CONFLICT (name) DO UPDATE SET leased_until = max(coalesce(leased_until, 0), excluded.leased_until)`);

const deleteSink = effect("DELETE FROM wfe_sink WHERE name = ?1");

const deleteIdle = query("DELETE FROM wfe_sink WHERE coalesce(leased_until, 0) < ?1 RETURNING name");

const moveSink = effect("UPDATE wfe_sink SET position = max(position, ?2) WHERE name = ?1");

/** What no sink has before it. */
const deleteEntries = effect(`
  DELETE FROM wfe_outbox
  WHERE seq <= coalesce((SELECT min(position) FROM wfe_sink WHERE kind = 'events'), 9e15)`);

const takeLease = query(`
  UPDATE wfe_sink SET host = ?2, leased_until = ?3
  WHERE name = ?1 AND (host IS NULL OR host = ?2 OR leased_until <= ?4)
    AND EXISTS (SELECT 1 FROM wfe_host WHERE incarnation = ?2)
  RETURNING name`);

const selectEntries = `
  SELECT seq, event FROM wfe_outbox
  WHERE seq > (SELECT position FROM wfe_sink WHERE name = ?1 AND kind = 'events') ORDER BY seq LIMIT ?2 + 0`;

/** Keeps the events of a transition for all sinks. */
export function keepEvents(events: readonly LifecycleEvent[]): Step {
  return [insertEntries, [JSON.stringify(events)]];
}

/** From now on what its kind says is kept for this sink. */
export function openSink(name: string, kind: SinkKind, now: number): Write {
  return unguarded([insertSink, [name, now, kind]]);
}

/** What was kept for this sink alone is gone. */
export function closeSink(name: string): Write {
  return unguarded([deleteSink, [name]], [deleteEntries, []]);
}

/** Closes the sinks that nobody has used since a time; gives a row for each. */
export function closeIdleSinks(since: number): Write {
  return unguarded([deleteIdle, [since]], [deleteEntries, []]);
}

/** Gives a host, which must be entered, the right to feed a sink; refused where another has it. */
export function leaseSink(name: string, incarnation: string, ttl: number, now: number): Write {
  return [[takeLease, [name, incarnation, now + ttl, now], []]];
}

/** Forgets what a sink has behind it. */
export function clearOutbox(sink: string, upTo: number): Write {
  return unguarded([moveSink, [sink, upTo]], [deleteEntries, []]);
}

/** The oldest entries that a sink has before it. */
export function readOutbox(connection: Connection, sink: string, limit: number): OutboxEntry[] {
  return connection.all<{ readonly seq: number; readonly event: string }>(selectEntries, sink, limit)
    .map(({ seq, event }) => Object.freeze({ seq, event: deepFreeze(JSON.parse(event) as LifecycleEvent) }));
}
