import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { carriedAfter, carriedFromJson, carriedToJson, isCarriable } from "./carried.ts";
import type { Pointer } from "./instance.ts";
import { pointerTransitions } from "./status.ts";
import { at, makePointer, makeState } from "./testing_state.ts";
import { Change } from "./transition.ts";

const place = { stepKey: "step", parent: null, branch: 0, item: null };

Deno.test("a header carries what is to be done or runs, and nothing of another status", () => {
  const carriable = Object.keys(pointerTransitions).filter((status) =>
    isCarriable(makePointer({ status: status as Pointer["status"] }))
  );
  deepEqual(carriable, ["Pending", "Running"]);
});

const more: readonly Partial<Pointer>[] = [
  { item: 1 },
  { undoes: 1 },
  { order: 1 },
  { dueAt: 1 },
  { input: 1 },
  { state: 1 },
  { join: { total: 1, done: 0 } },
  { wait: { name: "paid", key: "7", since: 0 } },
  { event: { seq: 1, name: "paid", key: "7", data: null, time: 0 } },
  { closing: { kind: "abort" } },
  { output: 1 },
  { error: { type: "Error", message: "no", code: null, stack: null, step: "step", attempt: 1 } },
  { held: 1 },
  { lockName: "door" },
];

for (const given of more) {
  Deno.test(`a header carries no activation with ${Object.keys(given)}: it may be long`, () => {
    equal(isCarriable(makePointer(given)), false);
  });
}

Deno.test("what a header carries comes back from its text as it was", () => {
  fc.assert(fc.property(
    fc.record({
      id: fc.integer({ min: 1 }),
      stepKey: fc.string({ unit: "grapheme" }),
      parent: fc.option(fc.integer({ min: 1 })),
      branch: fc.nat(),
      saga: fc.option(fc.integer({ min: 1 })),
      status: fc.constantFrom("Pending" as const, "Running" as const),
      attempt: fc.nat(),
      failures: fc.nat(),
      startedAt: fc.option(fc.nat()),
    }),
    (given) => {
      const pointer = makePointer(given);
      equal(isCarriable(pointer), true);
      deepEqual(carriedFromJson(carriedToJson(pointer)), pointer);
    },
  ));
});

Deno.test("a header carries the first new activation that can be carried", () => {
  const changed = [makePointer({ id: 3 }), makePointer({ id: 5, input: 1 }), makePointer({ id: 6 })];
  equal(carriedAfter(null, new Map(changed.map((each) => [each.id, each])), 5), 6);
  equal(carriedAfter(null, new Map(), 5), null);
});

Deno.test("a header goes on carrying the same for as long as it can, then takes up another", () => {
  const change = (make: (change: Change) => void, state = makeState()) => {
    const change = new Change(state, at(0));
    make(change);
    return change.done();
  };
  const first = change((change) => {
    change.create(place);
    change.create(place);
  });
  const begun = change((change) => change.movePointer(1, "Running", { attempt: 1 }), first.state);
  const beside = change((change) => void change.create(place), begun.state);
  const next = change((change) => {
    change.movePointer(1, "Complete");
    change.create(place);
  }, beside.state);
  const slept = change((change) => change.movePointer(4, "Skipped"), next.state);
  deepEqual(
    [first, begun, beside, next, slept].map(({ state, transition }) => [
      transition.carriedBefore,
      transition.carried?.id ?? null,
      transition.carried?.status ?? null,
      state.instance.carried,
    ]),
    [
      [null, 1, "Pending", 1],
      [1, 1, "Running", 1],
      [1, 1, "Running", 1],
      [1, 4, "Pending", 4],
      [4, null, null, null],
    ],
  );
});
