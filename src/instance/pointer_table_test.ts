import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import type { Pointer } from "./instance.ts";
import { PointerTable } from "./pointer_table.ts";
import { isBusy, isSettled, type PointerStatus } from "./status.ts";
import { makePointer } from "./testing_state.ts";

/** What can be asked of a table, from the pointers that it should hold. */
function checkTable(table: PointerTable, expected: ReadonlyMap<number, Pointer>): void {
  const pointers = [...expected.values()].sort((a, b) => a.id - b.id);
  deepEqual([...table].map(({ id }) => id), pointers.map(({ id }) => id));
  pointers.forEach((pointer) => equal(table.get(pointer.id), pointer));
  equal(table.size, pointers.length);
  equal(table.busy, pointers.filter(({ status }) => isBusy(status)).length);
  equal(table.pending, pointers.filter(({ status }) => status === "Pending").length);
  const dueTimes = pointers.flatMap(({ status, dueAt }) => isSettled(status) ? [] : dueAt ?? []);
  equal(table.earliestDue, dueTimes.length === 0 ? null : Math.min(...dueTimes));
}

const statuses: readonly PointerStatus[] = ["Pending", "Running", "Sleeping", "Compensating", "Complete"];

/** Ids that share chunks, lie at their borders, and lie far apart. */
const ids = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(31, 32, 33, 63, 64, 1_000, 100_000));

const changes = fc.array(
  fc.record({
    id: ids,
    status: fc.constantFrom(...statuses),
    dueAt: fc.option(fc.integer({ min: 0, max: 9 })),
    open: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
  }).map(makePointer),
  { maxLength: 60 },
);

Deno.test("a table holds what was put in last and is open, in the order of ids, and counts it", () => {
  fc.assert(fc.property(fc.array(changes, { maxLength: 8 }), (batches) => {
    const expected = new Map<number, Pointer>();
    let table = PointerTable.empty;
    for (const batch of batches) {
      for (const pointer of batch) {
        if (pointer.open) expected.set(pointer.id, pointer);
        else expected.delete(pointer.id);
      }
      table = table.with(batch);
      checkTable(table, expected);
    }
    for (const id of [0, 34, 65, 999, 200_000]) equal(table.get(id), expected.get(id));
  }));
});

Deno.test("a change leaves the table it was made from as it was", () => {
  fc.assert(fc.property(changes, changes, (first, second) => {
    const table = PointerTable.of(first);
    const before = new Map([...table].map((pointer) => [pointer.id, pointer]));
    table.with(second);
    checkTable(table, before);
  }));
});

Deno.test("what is changed one by one and what is changed at once makes the same table", () => {
  fc.assert(fc.property(changes, (batch) => {
    const oneByOne = batch.reduce((table, pointer) => table.with([pointer]), PointerTable.empty);
    deepEqual([...oneByOne], [...PointerTable.of(batch)]);
  }));
});

Deno.test("an empty table has nothing, and closing what it never had changes nothing", () => {
  checkTable(PointerTable.empty, new Map());
  checkTable(PointerTable.of([makePointer({ id: 7, open: false })]), new Map());
  equal(PointerTable.empty.get(1), undefined);
});

Deno.test("the earliest due time of many pointers is known without looking at each", () => {
  let looks = 0;
  const watched = (id: number, dueAt: number | null): Pointer => ({
    ...makePointer({ id, status: "Sleeping" }),
    get dueAt() {
      looks++;
      return dueAt;
    },
  });
  const table = PointerTable.of(Array.from({ length: 1_000 }, (_, index) => watched(index + 1, null)))
    .with([watched(500, 7), watched(900, 5)]);
  looks = 0;
  equal(table.earliestDue, 5);
  equal(table.with([watched(900, null)]).earliestDue, 7);
  ok(looks < 100, `${looks} pointers were looked at`);
});
