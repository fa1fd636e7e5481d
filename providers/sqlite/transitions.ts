import { carriedToJson } from "../../src/instance/carried.ts";
import type { Transition } from "../../src/instance/transition.ts";
import type { SqliteValue } from "./database.ts";
import { markDirty } from "./dirty.ts";
import { publishEvent, wokenBy } from "./events.ts";
import { toJson } from "./json.ts";
import { noneIsLost, see } from "./fences.ts";
import { keepEvents, type Keeps } from "./outbox.ts";
import { writePointer } from "./pointer_writes.ts";
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
  /** What is kept for the sinks that are open. */
  readonly keeps: Keeps;
}

/** An owner that is no host any more is written as none. Has no row where the id or the idempotency key is taken. */
const insertInstance = query(`
  INSERT INTO wfe_instance
    (id, definition, status, attempt, epoch, owner, sequence, next_wake, inbox_read, next_pointer, crashes, carried, forks,
      ending, reason, parked_reason, error, created_at, ended_at)
  SELECT ?1, (SELECT key FROM wfe_definition WHERE hash = ?2), ?3, ?4, ?5,
    (SELECT incarnation FROM wfe_host WHERE incarnation = ?6), ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19
  WHERE ?20 IS NULL OR NOT EXISTS (SELECT 1 FROM wfe_data WHERE idempotency_key = ?20)
  ON CONFLICT (id) DO NOTHING
  RETURNING key, owner`);

const insertData = effect(`
  INSERT INTO wfe_data (run, data, vars, input_hash, reference, idempotency_key, traceparent, attributes)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`);

/**
 * Finds the run where epoch and sequence fit: a stale writer gets no row, nor does one of an earlier run that had the
 * same id and was purged. To look first and then update by key takes less time than an update with RETURNING, whose rows
 * go through a table of their own.
 */
const selectFit = query(`
  SELECT key, inbox_seq FROM wfe_instance
  WHERE id = ?1 AND epoch = ?2 AND sequence = ?3 - 1 AND created_at = ?4`);

/** The same, where none of the locks that the transition came about under is lost. */
const selectFitUnderLocks = query(`
  SELECT key, inbox_seq FROM wfe_instance
  WHERE id = ?1 AND epoch = ?2 AND sequence = ?3 - 1 AND created_at = ?4 AND ${noneIsLost("?5")}`);

/**
 * Apart from the rest, so that the index of owners and the foreign key are left alone by most commits. An owner that is
 * no host any more is written as none.
 */
const updateOwner = effect(`
  UPDATE wfe_instance SET owner = (SELECT incarnation FROM wfe_host WHERE incarnation = ?2)
  WHERE key = ?1 AND owner IS NOT ?2`);

/** Only migrating changes it, which raises the epoch. */
const updateDefinition = effect(`
  UPDATE wfe_instance SET definition = (SELECT key FROM wfe_definition WHERE hash = ?2)
  WHERE key = ?1 AND definition IS NOT (SELECT key FROM wfe_definition WHERE hash = ?2)`);

/** The CASE keeps a message that arrived meanwhile from being slept over. */
const setHeader = `
  UPDATE wfe_instance SET
    sequence = ?2, next_wake = CASE WHEN inbox_seq > ?4 THEN ?5 ELSE ?3 END, inbox_read = ?4, next_pointer = ?6,
    attempt = ?7, carried = ?8`;

const updateInstance = effect(`
  ${setHeader}, status = ?9, epoch = ?10, crashes = ?11, forks = ?12, ending = ?13, reason = ?14, parked_reason = ?15,
    error = ?16, ended_at = ?17
  WHERE key = ?1`);

/** Of a run in the middle of its course, of which those columns are known: they need not travel. */
const updatePlain = effect(`
  ${setHeader}, status = 'Runnable', crashes = 0, forks = NULL, ending = NULL, reason = NULL, parked_reason = NULL,
    error = NULL, ended_at = NULL
  WHERE key = ?1`);

const deleteMail = effect("DELETE FROM wfe_mail WHERE run = ?1 AND seq <= ?2");

const updateData = effect("UPDATE wfe_data SET data = ?2 WHERE run = ?1");
const updateAttributes = effect("UPDATE wfe_data SET attributes = ?2 WHERE run = ?1");

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
    carriedOf(start),
    forksOf(start),
    toJson(instance.ending),
    instance.reason,
    instance.parkedReason,
    toJson(instance.error),
    instance.createdAt,
    instance.endedAt,
    instance.idempotencyKey,
  ];
  const dataValues = [
    JSON.stringify(instance.data),
    Object.keys(instance.vars).length > 0 ? JSON.stringify(instance.vars) : null,
    instance.inputHash,
    instance.reference,
    instance.idempotencyKey,
    instance.traceparent,
    attributesOf(start),
  ];
  const steps: Step[] = [[insertData, dataValues]];
  addSteps(steps, start, moment);
  return addBlocks([[insertInstance, guardValues, steps]], start, moment);
}

/** The write of a transition; refused where its epoch or its sequence does not fit, or another run has the id. */
export function writeTransition(transition: Transition, moment: WriteMoment): Write {
  const { instance, epoch, sequence, dataChanged, attributesChanged, fences } = transition;
  const { id, createdAt, owner, inboxRead } = instance;
  const first: Step[] = [];
  // An owner comes and goes with a new epoch, or by being let go.
  if (owner === null || epoch !== instance.epoch) first.push([updateOwner, [owner]]);
  if (epoch !== instance.epoch) first.push([updateDefinition, [instance.definitionHash]]);
  first.push(writeHeader(transition, moment.now));
  if (inboxRead > 0) first.push([deleteMail, [inboxRead]]);
  if (dataChanged) first.push([updateData, [JSON.stringify(instance.data)]]);
  if (attributesChanged) first.push([updateAttributes, [attributesOf(transition)]]);
  addSteps(first, transition, moment);
  if (fences.length > 0) {
    first.push(see(fences));
    const values = [id, epoch, sequence, createdAt, JSON.stringify(fences)];
    return addBlocks([[selectFitUnderLocks, values, first]], transition, moment);
  }
  return addBlocks([[selectFit, [id, epoch, sequence, createdAt], first]], transition, moment);
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

/** Arrays are filled by hand, for this is done for every step of every run. */
function addSteps(steps: Step[], transition: Transition, { now, keeps }: WriteMoment): void {
  const { pointers, firstNew, carried, carriedBefore, released, folded, events } = transition;
  for (const pointer of pointers) {
    if (pointer.id === carried?.id) continue;
    steps.push(writePointer(pointer, pointer.id < firstNew && pointer.id !== carriedBefore));
  }
  if (released.length > 0) steps.push(release(released));
  for (const scope of folded) steps.push(fold(scope));
  changeWaits(steps, transition, now);
  if (keeps.events && events.length > 0) steps.push(keepEvents(events));
  if (keeps.runs) steps.push(markDirty);
}

/** What is published; then, where anything may have come into the run's own mailbox, how that stands. */
function addBlocks(blocks: Block[], transition: Transition, { now }: WriteMoment): Write {
  const { instance, published, subscribed, unsubscribed, taken } = transition;
  for (const event of published) blocks.push(publishEvent(event, now));
  if (published.length + subscribed.length + unsubscribed.length + taken.length > 0) {
    blocks.push([selectInbox, [instance.id], []]);
  }
  return blocks;
}

function writeHeader(transition: Transition, now: number): Step {
  const { instance } = transition;
  const forks = forksOf(transition);
  const { ending, reason, parkedReason, error, endedAt } = instance;
  const values: SqliteValue[] = [
    instance.sequence,
    instance.nextWake,
    instance.inboxRead,
    now,
    instance.nextPointer,
    instance.attempt,
    carriedOf(transition),
  ];
  const { status, epoch, crashes } = instance;
  const isPlain = status === "Runnable" && epoch === transition.epoch && crashes === 0 && forks === null &&
    ending === null && reason === null && parkedReason === null &&
    error === null && endedAt === null;
  if (isPlain) return [updatePlain, values];
  values.push(status, epoch, crashes, forks, toJson(ending), reason, parkedReason, toJson(error), endedAt);
  return [updateInstance, values];
}

function carriedOf({ carried }: Transition): string | null {
  return carried && carriedToJson(carried);
}

function attributesOf({ instance: { attributes } }: Transition): string | null {
  for (const _ in attributes) return JSON.stringify(attributes);
  return null;
}

function forksOf({ instance: { forks } }: Transition): string | null {
  for (const _ in forks) return JSON.stringify(forks);
  return null;
}
