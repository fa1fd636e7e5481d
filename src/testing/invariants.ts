import { isCarriable } from "../instance/carried.ts";
import type { Instance, Mail, Pointer } from "../instance/instance.ts";
import { isBusy, isEnded, isSettled } from "../instance/status.ts";
import type { Persistence } from "../provider/persistence.ts";

/**
 * Checks every run in a store, for use after a fault, while nothing writes: no run is orphaned, none has ended with
 * something open, and the numbers agree.
 *
 * @returns what is wrong, a sentence each, with the id of the run
 *
 * @example Usage
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryPersistence } from "@wfe/engine";
 * import { checkStore } from "@wfe/engine/testing";
 *
 * await using store = new MemoryPersistence();
 * assert.deepEqual(await checkStore(store), []);
 * ```
 */
export async function checkStore(store: Persistence): Promise<string[]> {
  const problems: string[] = [];
  let page: readonly Instance[] = [];
  do {
    const after = page.at(-1);
    page = await store.list({ limit: 100, ...(after && { after }) });
    for (const run of page) {
      const pointers = await store.pointers(run.id);
      const found = [
        ...checkHeader(run),
        ...checkMail(run, await store.mail(run.id, 0)),
        ...checkWaking(run, pointers, store.now()),
        ...checkPointers(run, pointers),
        ...checkNesting(run, pointers),
      ];
      problems.push(...found.map((problem) => `run ${run.id}: ${problem}`));
    }
  } while (page.length > 0);
  return problems;
}

function* checkHeader(run: Instance): Iterable<string> {
  const { status, nextWake, parkedReason, reason, inboxSeq, inboxRead, ending, forks } = run;
  const unread = inboxSeq > inboxRead;
  if (status === "Suspended" && reason === null) yield "is suspended without a reason";
  if (unread && nextWake === null) yield "sleeps over its mail";
  if (!unread && nextWake !== null && status !== "Runnable") yield `is ${status}, yet due`;
  if (!unread && nextWake !== null && parkedReason !== null) yield "is parked, yet due";
  if (isEnded(status) !== (run.endedAt !== null)) yield `is ${status}, with endedAt ${run.endedAt}`;
  if (isEnded(status) && ending !== null) yield `is ${status}, yet about to end as ${ending.status}`;
  if (isEnded(status) && parkedReason !== null) yield `is ${status}, yet parked`;
  for (const [scope, paths] of Object.entries(forks)) {
    if (!/^\d+:\d+$/.test(scope) || !Number.isInteger(paths) || paths < 1) {
      yield `has ${paths} more paths open in ${scope}`;
    }
  }
  if (status === "Complete" && Object.keys(forks).length > 0) yield "is Complete, with paths open";
  if (run.epoch < (run.owner === null ? 0 : 1)) yield `has epoch ${run.epoch}`;
  if (run.sequence < 1) yield `has sequence ${run.sequence}`;
}

/** What is unread is there, and nothing else. */
function* checkMail({ inboxSeq, inboxRead }: Instance, mail: readonly Mail[]): Iterable<string> {
  const unread = Array.from({ length: Math.max(inboxSeq - inboxRead, 0) }, (_, n) => inboxRead + n + 1);
  const kept = mail.map(({ seq }) => seq);
  if (inboxRead > inboxSeq || kept.join() !== unread.join()) {
    yield `has mail ${kept.join(", ")}, where it has read ${inboxRead} of ${inboxSeq}`;
  }
}

/** Something will go on with every run that has not ended, and not later than it should. */
function* checkWaking(run: Instance, pointers: readonly Pointer[], now: number): Iterable<string> {
  if (run.status !== "Runnable" || run.parkedReason !== null) return;
  let [wakes, waits] = [Infinity, false];
  for (const { status, dueAt, wait } of pointers) {
    if (status === "Pending" || isBusy(status)) wakes = 0;
    if (!isSettled(status) && dueAt !== null) wakes = Math.min(wakes, dueAt);
    if (status === "Waiting" && wait !== null) waits = true;
  }
  const unread = run.inboxSeq > run.inboxRead;
  if (wakes === Infinity && !waits && !unread) yield "is orphaned: nothing will wake it";
  if (wakes < Infinity && (run.nextWake === null || run.nextWake > Math.max(wakes, now))) {
    yield `sleeps until ${run.nextWake}, though it has work at ${wakes}`;
  }
}

function* checkPointers(run: Instance, pointers: readonly Pointer[]): Iterable<string> {
  const ids = pointers.map(({ id }) => id);
  // Loops fold what is over, so that numbers may be missing.
  if (ids.some((id, index) => id <= (ids[index - 1] ?? 0)) || (ids.at(-1) ?? 0) >= run.nextPointer) {
    yield `has activations ${ids.join(", ")}, the next being ${run.nextPointer}`;
  }
  const carried = pointers.find(({ id }) => id === run.carried);
  if (run.carried !== null && !(carried && isCarriable(carried))) {
    yield `carries activation ${run.carried}, which is ${carried?.status ?? "not there"}`;
  }
  for (const { id, status, open, attempt, failures, dueAt, wait, endedAt } of pointers) {
    if (isEnded(run.status) && !isSettled(status)) yield `is ${run.status}, with activation ${id} ${status}`;
    if (!isSettled(status) && !open) yield `activation ${id} is ${status}, yet not open`;
    if (isSettled(status) !== (endedAt !== null)) {
      yield `activation ${id} is ${status}, with endedAt ${endedAt}`;
    }
    if (status === "Sleeping" && dueAt === null) yield `activation ${id} sleeps for ever`;
    if (wait !== null && !isSettled(status) && status !== "Waiting") {
      yield `activation ${id} is ${status}, yet waits for an event`;
    }
    if (failures > attempt) yield `activation ${id} failed ${failures} times in ${attempt} attempts`;
  }
}

/** What goes on inside an activation goes on in one that is there and open, and what holds branches has some. */
function* checkNesting(run: Instance, pointers: readonly Pointer[]): Iterable<string> {
  const open = new Map(pointers.filter(({ status }) => !isSettled(status)).map((each) => [each.id, each]));
  const holding = new Set<number>();
  let closing = run.ending !== null;
  for (const { id, parent, closing: closes } of open.values()) {
    if (parent !== null && !open.has(parent)) yield `activation ${id} is inside of ${parent}, which is over`;
    if (parent !== null) holding.add(parent);
    if (closes !== null) closing = true;
  }
  // While something is being closed, what is around it waits for that.
  if (run.status !== "Runnable" || closing) return;
  for (const { id, status, join } of open.values()) {
    if (status === "Waiting" && join !== null && join.done < join.total && !holding.has(id)) {
      yield `activation ${id} waits for branches, of which none goes on`;
    }
  }
}
