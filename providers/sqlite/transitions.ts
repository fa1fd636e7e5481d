import type { Transition } from "../../src/instance/transition.ts";
import type { SqliteValue } from "./database.ts";
import { publishEvent, wokenBy } from "./events.ts";
import { toJson } from "./json.ts";
import { keepEvents } from "./outbox.ts";
import { firstUnsettled, isNew, writePointer } from "./pointer_writes.ts";
import { fold, release } from "./pointers.ts";
import { changeWaits } from "./subscriptions.ts";
import { type Block, effect, query, type Step, type Write, type WriteRows } from "./write.ts";

/** What the store made of the parts that are its own to keep. */
export interface Kept {
  /** Number of the last message in the mailbox. */
  readonly inboxSeq: number;
  /** When the run is due, where a message changed that; else undefined. */
  readonly nextWake?: number | null;
  /** Ids of the runs that got mail. */
  readonly woken: readonly string[];
}

/** Circumstances of writing a transition. */
export interface WriteMoment {
  /** Milliseconds of the store's clock. */
  readonly now: number;
  /** Whether its lifecycle events are kept, for the sinks that are open. */
  readonly keepsEvents: boolean;
}

/** An owner that is no host any more is written as none. Has no row where the id or the idempotency key is taken. */
const insertInstance = query(`
  INSERT INTO wfe_instance
    (id, definition, status, attempt, epoch, owner, sequence, next_wake, inbox_read, next_pointer, crashes, forks, ending,
      reason, parked_reason, error, created_at, ended_at)
  SELECT ?1, (SELECT key FROM wfe_definition WHERE hash = ?2), ?3, ?4, ?5,
    (SELECT incarnation FROM wfe_host WHERE incarnation = ?6), ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18
  WHERE ?19 IS NULL OR NOT EXISTS (SELECT 1 FROM wfe_data WHERE idempotency_key = ?19)
  ON CONFLICT (id) DO NOTHING
  RETURNING key, owner, 1 AS ${isNew}`);

const insertData = effect(`
  INSERT INTO wfe_data (run, data, vars, input_hash, reference, idempotency_key, traceparent)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`);

/**
 * Finds the run where epoch and sequence fit: a stale writer gets no row. To look first and then update by key takes
 * less time than an update with RETURNING, whose rows go through a table of their own.
 */
const selectFit = query(`
  SELECT key, inbox_seq, owner IS NOT ?4 AS moves, inbox_read < ?5 AS reads, next_pointer <= ?6 AS ${isNew}
  FROM wfe_instance
  WHERE id = ?1 AND epoch = ?2 AND sequence = ?3 - 1`);

/** Apart from the rest, so that the index of owners and the foreign key are left alone by most commits. */
const updateOwner = effect(`
  UPDATE wfe_instance SET owner = (SELECT incarnation FROM wfe_host WHERE incarnation = ?2) WHERE key = ?1`);

/** Only migrating changes it, which raises the epoch. */
const updateDefinition = effect(`
  UPDATE wfe_instance SET definition = (SELECT key FROM wfe_definition WHERE hash = ?2)
  WHERE key = ?1 AND definition IS NOT (SELECT key FROM wfe_definition WHERE hash = ?2)`);

/** The CASE keeps a message that arrived meanwhile from being slept over. */
const updateInstance = effect(`
  UPDATE wfe_instance SET
    status = ?2, attempt = ?3, epoch = ?4, sequence = ?5, next_wake = CASE WHEN inbox_seq > ?7 THEN ?16 ELSE ?6 END,
    inbox_read = ?7, next_pointer = ?8, crashes = ?9, forks = ?10, ending = ?11, reason = ?12, parked_reason = ?13,
    error = ?14, ended_at = ?15
  WHERE key = ?1`);

const deleteMail = effect("DELETE FROM wfe_mail WHERE run = ?1 AND seq <= ?2");

const updateData = effect("UPDATE wfe_data SET data = ?2 WHERE run = ?1");

const selectInbox = query("SELECT inbox_seq, next_wake FROM wfe_instance WHERE id = ?1");

/** The write of a new run; refused where its id or its idempotency key is taken. */
export function createRun(start: Transition, moment: WriteMoment): Write {
  const { instance } = start;
  const guardValues = [
    instance.id,
    instance.definitionHash,
    instance.status,
    instance.attempt,
    instance.epoch,
    instance.owner,
    instance.sequence,
    instance.nextWake,
    instance.inboxRead,
    instance.nextPointer,
    instance.crashes,
    forksOf(start),
    toJson(instance.ending),
    instance.reason,
    instance.parkedReason,
    toJson(instance.error),
    instance.createdAt,
    instance.endedAt,
    instance.idempotencyKey,
  ];
  const data: Step = [insertData, [
    JSON.stringify(instance.data),
    Object.keys(instance.vars).length > 0 ? JSON.stringify(instance.vars) : null,
    instance.inputHash,
    instance.reference,
    instance.idempotencyKey,
    instance.traceparent,
  ]];
  return [[insertInstance, guardValues, [data, ...steps(start, moment)]], ...blocks(start, moment)];
}

/** The write of a transition; refused where its epoch or its sequence does not fit. */
export function writeTransition(transition: Transition, moment: WriteMoment): Write {
  const { instance, epoch, sequence, dataChanged } = transition;
  const { id, owner, inboxRead } = instance;
  const first: Step[] = [
    [updateOwner, [owner], "moves"],
    [updateInstance, headerValues(transition, moment.now)],
    [deleteMail, [inboxRead], "reads"],
  ];
  if (instance.epoch !== epoch) first.push([updateDefinition, [instance.definitionHash]]);
  if (dataChanged) first.push([updateData, [JSON.stringify(instance.data)]]);
  const guardValues = [id, epoch, sequence, owner, inboxRead, firstUnsettled(transition.pointers)];
  return [
    [selectFit, guardValues, [...first, ...steps(transition, moment)]],
    ...blocks(transition, moment),
  ];
}

/** What the write of a transition gave. */
export function readKept(rows: NonNullable<WriteRows>): Kept {
  const [first] = rows[0]!;
  const [last] = rows.at(-1)!;
  const inboxSeq = Number(last["inbox_seq"] ?? first["inbox_seq"] ?? 0);
  return {
    inboxSeq,
    ...("next_wake" in last && { nextWake: last["next_wake"] as number | null }),
    woken: wokenBy(rows),
  };
}

function* steps(transition: Transition, { now, keepsEvents }: WriteMoment): Iterable<Step> {
  const { pointers, released, folded, events } = transition;
  for (const pointer of pointers) yield writePointer(pointer);
  if (released.length > 0) yield release(released);
  for (const scope of folded) yield fold(scope);
  yield* changeWaits(transition, now);
  if (keepsEvents && events.length > 0) yield keepEvents(events);
}

/** What is published; then, where anything may have come into the run's own mailbox, how that stands. */
function* blocks(transition: Transition, { now }: WriteMoment): Iterable<Block> {
  const { instance, published, subscribed, taken } = transition;
  for (const event of published) yield publishEvent(event, now);
  if (published.length + subscribed.length + taken.length > 0) yield [selectInbox, [instance.id], []];
}

function headerValues(transition: Transition, now: number): SqliteValue[] {
  const { instance } = transition;
  return [
    instance.status,
    instance.attempt,
    instance.epoch,
    instance.sequence,
    instance.nextWake,
    instance.inboxRead,
    instance.nextPointer,
    instance.crashes,
    forksOf(transition),
    toJson(instance.ending),
    instance.reason,
    instance.parkedReason,
    toJson(instance.error),
    instance.endedAt,
    now,
  ];
}

function forksOf({ instance: { forks } }: Transition): string | null {
  return Object.keys(forks).length > 0 ? JSON.stringify(forks) : null;
}
