/** What the semantics ask for, and the cases that show it: so that none of it goes missing. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { cases, realTimeCases, tables } from "./cases.ts";

const titles = [...Object.keys(cases), ...Object.keys(realTimeCases)];

/** The numbered scenarios: their cases begin with the number. */
const scenarios: Readonly<Record<number, string>> = {
  1: "two steps",
  2: "inputs and outputs",
  3: "if",
  4: "while",
  5: "forEach",
  6: "sequential forEach",
  7: "outcomes true and false",
  8: "decide by a value",
  9: "parallel branches, one of which waits for an event",
  10: "two successive waits with keys from data",
  11: "events published before the start",
  12: "a delay longer than any sweep",
  13: "endWorkflow inside an endless loop",
  15: "a step with compensation",
  16: "the order of undos",
  17: "a continuing saga inside a workflow",
  18: "a saga with retry",
  19: "terminate inside a saga",
  20: "middleware nests",
  21: "stop() during a step",
  22: "the retry limit",
};

/** What earlier engines of this family get wrong, and the cases that show it to be right here. */
const mended: Readonly<Record<string, readonly string[]>> = {
  "the saga's tail waits for the undo": ["the saga's tail waits for the undo"],
  "a throwing undo never hangs": [
    "a throwing undo is tried again, then suspends the run with the reason; resumed, it goes on from there",
  ],
  "an event to an instance that is being worked on is handled within 100 ms": [
    "an event to a run whose other branch is at work is handled within 100 ms",
    "an event that another host publishes is handled within 100 ms",
  ],
  "n quick events to a looped wait": ["n quick events to a looped wait: n deliveries, in order"],
  "suspend, terminate and cancel during a running, sleeping or waiting step": [
    ...["running", "sleeping", "waiting"].flatMap((state) => [
      `suspend during a ${state} step: it may end, nothing begins before the run is resumed`,
      `terminate during a ${state} step is final at once`,
      `cancel during a ${state} step ends the run as Cancelled`,
    ]),
  ],
  "a 4 s timer beside a 14 s one": ["a 4 s timer beside a 14 s one fires at 4 s"],
  "a 10,000-iteration loop": [
    "a loop of thousands of iterations costs the same per iteration at its end, and keeps its last 100",
  ],
  "1,000 branches under a concurrency limit": [
    "1,000 branches under a concurrency limit: never more at once, results in the order of the items",
  ],
  "a crash between effect and commit": [
    "a crash between effect and commit repeats just that step, with the same key, and uses up no retry",
  ],
  "a crash after the commit": ["a crash after the commit does not repeat the step"],
  "a lost lease's late commit": [
    "a lost lease's late commit is refused: what the new owner has recorded stays",
  ],
  "a definition that changed while runs are in flight": [
    "a step added before where it stands while a run is in flight: the run keeps the wiring it was started with",
    "a step added behind where it stands while a run is in flight: the run keeps the wiring it was started with",
    'a step removed that is to come while a run is in flight: the run is parked before "three", and goes on when it is back',
    'a step renamed that is to come while a run is in flight: the run is parked before "two", and goes on when it is back',
    "a step removed that has run while a run is in flight: the run keeps the wiring it was started with",
    "a step renamed that has run while a run is in flight: the run keeps the wiring it was started with",
  ],
  "an unknown definition": [
    "unknown definition: the run is parked with the reason at no cost, and goes on when it is registered",
  ],
  "a poison instance": [
    "a poison run is quarantined when three hosts in a row have died of it, and the others go on",
  ],
  "purge leaves no orphan row": [
    "purge leaves nothing behind: no row, no log, no mail, no event cursor, no subscription, no key",
  ],
};

for (const [number, what] of Object.entries(scenarios)) {
  Deno.test(`scenario ${number}, ${what}, has its case`, () => {
    equal(titles.filter((title) => title.startsWith(`${number}. `)).length, 1);
  });
}

for (const [what, expected] of Object.entries(mended)) {
  Deno.test(`"${what}" has its cases`, () => {
    for (const title of expected) ok(titles.includes(title), title);
  });
}

Deno.test("no case hides another of the same title", () => {
  const all = [...tables.flatMap((table) => Object.keys(table)), ...Object.keys(realTimeCases)];
  deepEqual(all.filter((title, index) => all.indexOf(title) < index), []);
});
