import { carriedToJson } from "../../src/instance/carried.ts";
import type { Instance } from "../../src/instance/instance.ts";
import type { Transition } from "../../src/instance/transition.ts";
import type { PostgresValue } from "./client.ts";
import { changingColumns, fixedColumns } from "./pointer_rows.ts";

/** A transition to be written, of a run that is new or known. */
export interface Writing {
  /** What is to be written. */
  readonly transition: Transition;
  /** Whether it starts the run. */
  readonly isStart: boolean;
}

/** What the store made of the parts that are its own to keep. */
export interface Kept {
  /** Number of the last message in the mailbox. */
  readonly inboxSeq: number;
  /** When the run is due. */
  readonly nextWake: number | null;
  /** The owner, or null where it is no host. */
  readonly owner: string | null;
  /** Ids of the runs that got mail. */
  readonly woken: readonly string[];
}

/** Circumstances of writing transitions. */
export interface WriteMoment {
  /** Milliseconds of the store's clock. */
  readonly now: number;
  /** Whether lifecycle events are kept, for the sinks that are open. */
  readonly keepsEvents: boolean;
  /** Whether rows are locked already, so that locks of events are only tried. */
  readonly hasLocks: boolean;
}

/** An event to be locked: its name, its key, and whether it is published. */
export type EventLock = readonly [name: string, key: string, isPublished: boolean];

/** Writes all of a group that fit. */
export const writeGroup =
  "SELECT w::text AS r FROM @wfe_write($1::text::json, $2::text::json, $3::bigint, $4::boolean, $5::boolean) AS w";

/** The same of a group of which some transitions came about under locks; `WFE03` where one of these is lost. */
export const writeGroupUnderLocks = `
  SELECT w::text AS r
  FROM @wfe_write_under_locks($6::text::json, $1::text::json, $2::text::json, $3::bigint, $4::boolean, $5::boolean) AS w`;

/** A row by column. */
type Row = Record<string, unknown>;

/** The rows of a round by table. One that stays empty is left out. */
interface Round {
  starts?: Row[];
  headers?: Row[];
  data?: Row[];
  attributes?: Row[];
  read?: Row[];
  added?: Row[];
  known?: Row[];
  released?: Row[];
  folded?: Row[];
  waits?: Row[];
  published?: Row[];
  events?: unknown[];
}

type KeptRow = readonly [id: string, inboxSeq: number, nextWake: number | null, owner: string | null];

interface RoundRow {
  readonly kept: readonly KeptRow[] | null;
  readonly made: readonly KeptRow[] | null;
  readonly changed: readonly KeptRow[] | null;
  readonly woken: readonly (readonly [runId: string, woken: readonly string[]])[];
}

/**
 * The transitions of a group by rounds: each has one of a run at most, the first those that come first. Within a round
 * they are in the order of their runs' ids, in which all writers lock rows.
 */
export function inRounds(group: readonly Writing[]): Writing[][] {
  const rounds: Writing[][] = [];
  const counts = new Map<string, number>();
  for (const writing of group) {
    const { id } = writing.transition.instance;
    const count = counts.get(id) ?? 0;
    counts.set(id, count + 1);
    (rounds[count] ??= []).push(writing);
  }
  for (const round of rounds) round.sort(byRun);
  return rounds;
}

/** The parameters of {@linkcode writeGroup}. */
export function groupParameters(
  rounds: readonly (readonly Writing[])[],
  { now, keepsEvents, hasLocks }: WriteMoment,
): PostgresValue[] {
  const locks = locksOf(rounds.flat().map(({ transition }) => transition));
  return [
    JSON.stringify(rounds.map((round) => roundOf(round, keepsEvents))),
    locks.length === 0 ? null : JSON.stringify(locks),
    now,
    keepsEvents,
    hasLocks,
  ];
}

/** The locks under which transitions of a group came about, each with the run; null where there are none. */
export function fencesOf(group: readonly Writing[]): string | null {
  if (group.every(({ transition }) => transition.fences.length === 0)) return null;
  return JSON.stringify(
    group.flatMap(({ transition: { instance, fences } }) =>
      fences.map(({ name, fence }) => ({ run: instance.id, name, fence }))
    ),
  );
}

/** The events that transitions publish or begin to wait for. */
export function locksOf(transitions: readonly Transition[]): EventLock[] {
  const locks: EventLock[] = [];
  for (const { published, subscribed } of transitions) {
    for (const { name, key } of published) locks.push([name, key, true]);
    for (const { wait: { name, key } } of subscribed) locks.push([name, key, false]);
  }
  return locks;
}

/** What became of each writing of a group, in the order of `rounds`; one that was refused is missing. */
export function readGroup(
  rounds: readonly (readonly Writing[])[],
  rows: readonly RoundRow[],
): Map<Writing, Kept> {
  const kept = new Map<Writing, Kept>();
  rounds.forEach((round, index) => {
    const row = rows[index]!;
    const woken = new Map<string, Set<string>>();
    for (const [id, ids] of row.woken) {
      const known = woken.getOrInsertComputed(id, () => new Set());
      for (const each of ids) known.add(each);
    }
    const byId = new Map<string, KeptRow>();
    for (const list of [row.kept, row.made, row.changed]) {
      for (const each of list ?? []) byId.set(each[0], each);
    }
    for (const writing of round) {
      const found = byId.get(writing.transition.instance.id);
      if (!found) continue;
      const [id, inboxSeq, nextWake, owner] = found;
      kept.set(writing, { inboxSeq, nextWake, owner, woken: [...woken.get(id) ?? []] });
    }
  });
  return kept;
}

function byRun(a: Writing, b: Writing): number {
  return a.transition.instance.id < b.transition.instance.id ? -1 : 1;
}

function roundOf(writings: readonly Writing[], keepsEvents: boolean): Round {
  const round: Round = {};
  for (const { transition, isStart } of writings) {
    if (isStart) (round.starts ??= []).push(startRow(transition));
    else addHeader(round, transition);
    addPointers(round, transition);
    addWaits(round, transition);
    if (keepsEvents) { for (const event of transition.events) (round.events ??= []).push(event); }
  }
  round.starts?.sort(byIdempotencyKey);
  return round;
}

/** Starts with a key wait for others with that key, whatever their ids are. */
function byIdempotencyKey(a: Row, b: Row): number {
  const [one, other] = [a, b].map((row) => String(row["idempotency_key"] ?? ""));
  return one! < other! ? -1 : one! > other! ? 1 : 0;
}

function addHeader(round: Round, transition: Transition): void {
  const { instance, epoch, dataChanged, attributesChanged } = transition;
  const { id: run, inboxRead, data, definitionHash } = instance;
  const row = headerRow(transition);
  row["epoch_before"] = epoch;
  // Only migrating changes it, which raises the epoch.
  if (epoch !== instance.epoch) row["definition"] = definitionHash;
  (round.headers ??= []).push(row);
  if (inboxRead > 0) (round.read ??= []).push({ run, seq: inboxRead });
  if (dataChanged) (round.data ??= []).push({ run, data });
  if (attributesChanged) (round.attributes ??= []).push({ run, attributes: instance.attributes });
}

function startRow(transition: Transition): Row {
  const { definitionHash, idempotencyKey, data, vars, attributes, inputHash, reference, traceparent } =
    transition.instance;
  const row = headerRow(transition);
  row["definition"] = definitionHash;
  row["data"] = data;
  row["input_hash"] = inputHash;
  if (hasMembers(vars)) row["vars"] = vars;
  if (hasMembers(attributes)) row["attributes"] = attributes;
  if (idempotencyKey !== null) row["idempotency_key"] = idempotencyKey;
  if (reference !== null) row["reference"] = reference;
  if (traceparent !== null) row["traceparent"] = traceparent;
  return row;
}

/** What is null is left out, for this is done for every step of every run. */
function headerRow({ instance, sequence, carried }: Transition): Row {
  const row: Row = {
    id: instance.id,
    created_at: instance.createdAt,
    epoch: instance.epoch,
    sequence,
    status: instance.status,
    inbox_read: instance.inboxRead,
    next_pointer: instance.nextPointer,
    attempt: instance.attempt,
    crashes: instance.crashes,
  };
  if (instance.owner !== null) row["owner"] = instance.owner;
  if (instance.nextWake !== null) row["next_wake"] = instance.nextWake;
  if (carried) row["carried"] = carriedToJson(carried);
  if (hasMembers(instance.forks)) row["forks"] = instance.forks;
  if (instance.ending !== null) row["ending"] = instance.ending;
  if (instance.reason !== null) row["reason"] = instance.reason;
  if (instance.parkedReason !== null) row["parked_reason"] = instance.parkedReason;
  if (instance.error !== null) row["error"] = instance.error;
  if (instance.endedAt !== null) row["ended_at"] = instance.endedAt;
  return row;
}

function addPointers(round: Round, transition: Transition): void {
  const { instance, pointers, firstNew, carried, carriedBefore, released, folded } = transition;
  const run = instance.id;
  for (const pointer of pointers) {
    const { id } = pointer;
    if (id === carried?.id) continue;
    const changing = changingColumns(pointer);
    if (id < firstNew && id !== carriedBefore) (round.known ??= []).push({ run, id, ...changing });
    else (round.added ??= []).push({ run, id, ...fixedColumns(pointer), ...changing });
  }
  for (const id of released) (round.released ??= []).push({ run, id });
  for (const { parent, branch } of folded) (round.folded ??= []).push({ run, parent, branch });
}

function addWaits(round: Round, transition: Transition): void {
  const { instance: { id: run }, taken, unsubscribed, subscribed, published } = transition;
  if (taken.length + unsubscribed.length + subscribed.length > 0) {
    const waits = subscribed.map(({ pointerId, wait }) => ({ pointer: pointerId, ...wait }));
    (round.waits ??= []).push({ run, taken, unsubscribed, subscribed: waits });
  }
  for (const { name, key, time, messageId, data } of published) {
    (round.published ??= []).push({ run, name, key, time, message_id: messageId, data });
  }
}

function hasMembers(record: Instance["forks"] | Instance["vars"] | Instance["attributes"]): boolean {
  for (const _ in record) return true;
  return false;
}
