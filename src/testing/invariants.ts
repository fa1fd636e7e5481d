import type { Instance, Pointer } from "../instance/instance.ts";
import { isEnded, isSettled } from "../instance/status.ts";
import type { Persistence } from "../provider/persistence.ts";

/**
 * Checks every run in a store, for use after a fault: no run is orphaned, none has ended with something open, and
 * the numbers agree.
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
      const found = [...checkHeader(run), ...checkPointers(run, await store.pointers(run.id))];
      problems.push(...found.map((problem) => `run ${run.id}: ${problem}`));
    }
  } while (page.length > 0);
  return problems;
}

function* checkHeader(run: Instance): Iterable<string> {
  const { status, nextWake, parkedReason, reason, inboxSeq, inboxRead } = run;
  const unread = inboxSeq > inboxRead;
  if (status === "Runnable" && nextWake === null && parkedReason === null) {
    yield "is orphaned: nothing will wake it";
  }
  if (status === "Suspended" && reason === null) yield "is suspended without a reason";
  if (unread && nextWake === null) yield "sleeps over its mail";
  if (!unread && nextWake !== null && status !== "Runnable") yield `is ${status}, yet due`;
  if (isEnded(status) !== (run.endedAt !== null)) yield `is ${status}, with endedAt ${run.endedAt}`;
  if (run.epoch < (run.owner === null ? 0 : 1)) yield `has epoch ${run.epoch}`;
  if (run.sequence < 1) yield `has sequence ${run.sequence}`;
}

function* checkPointers(run: Instance, pointers: readonly Pointer[]): Iterable<string> {
  const ids = pointers.map(({ id }) => id);
  if (ids.some((id, index) => id !== index + 1) || ids.length !== run.nextPointer - 1) {
    yield `has activations ${ids.join(", ")}, the next being ${run.nextPointer}`;
  }
  for (const { id, status, attempt, failures, dueAt } of pointers) {
    if (isEnded(run.status) && !isSettled(status)) yield `is ${run.status}, with activation ${id} ${status}`;
    if (status === "Sleeping" && dueAt === null) yield `activation ${id} sleeps for ever`;
    if (failures > attempt) yield `activation ${id} failed ${failures} times in ${attempt} attempts`;
  }
}
