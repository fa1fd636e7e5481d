import { deepEqual, doesNotThrow, equal, match, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import type { StepDefinition } from "./definition.ts";
import { ErrorBehavior } from "./error_behavior.ts";
import { InvalidDefinitionError } from "./errors.ts";
import { alone, type Given, problemsOf, refusal, step } from "./testing_definition.ts";
import { mostSteps, validateDefinition } from "./validate.ts";
import { mostNested } from "./validate_wiring.ts";

const badHeaders: readonly (readonly [header: Given, says: RegExp])[] = [
  [{ id: "a b" }, /^the id must have 1 to 128 letters.*received "a b"$/],
  [{ id: undefined }, /^the definition has no id$/],
  [{ version: "1" }, /^the version must be a whole number from 1, received "1"$/],
  [{ version: 2 ** 53 }, /2\^53/],
  [{ description: 7 }, /^the description must be text, received 7$/],
  [{ history: { last: -1 } }, /^the history must be "full" or \{ last:/],
  [{ history: { last: 1, first: 2 } }, /^the history must be/],
  [{ history: "none" }, /received "none"/],
  [{ onError: "fail" }, /^the onError must be an object, received "fail"$/],
  [{ onError: { kind: "hope" } }, /^the kind of the onError of the definition must be/],
  [{ steps: {} }, /^the steps must be a list, received \{\}$/],
  [{ setps: [] }, /^the definition has the unknown key "setps"/],
  [{ "~data": {} }, /^the ~data is never there/],
  [
    { steps: [{ key: "a", type: "code", config: { at: 1n } }] },
    /^Cannot store the definition\.steps\[0\]\.config\.at: bigint/,
  ],
];

for (const [header, says] of badHeaders) {
  const text = JSON.stringify(header, (_key, value) => typeof value === "bigint" ? `${value}n` : value);
  Deno.test(`validateDefinition() refuses a header with ${text}`, () => {
    const problems = problemsOf([step("a")], header);
    ok(problems.some((problem) => says.test(problem)), problems.join("\n"));
  });
}

const good: readonly (readonly [name: string, steps: readonly unknown[]])[] = [
  ["a loop by goto", [step("a", { next: ["b"] }), step("b", { next: ["a"] })]],
  ["a loop inside a branch", [{ key: "a", type: "saga", branches: ["b"] }, step("b", { next: ["b"] })]],
  ["a fork", [step("a", { next: ["b", "c"] }), step("b", { next: ["c"] }), step("c")]],
  ["a step of any executor", [
    { key: "a", type: "kubernetes", config: { any: [1] }, branches: ["b"] },
    step("b"),
  ]],
  ["two outcomes to one step", [
    step("a", { outcomes: [{ value: 1, next: "b" }, { value: null, next: "b" }] }),
    step("b"),
  ]],
  ["spelt defaults", alone("parallel", { branches: ["x"], config: { wait: "all", errors: "cancel" } })],
  ["members that are undefined", [step("a", { next: undefined, config: undefined })]],
  ["a retry on named errors", [step("a", { onError: ErrorBehavior.retry({ on: ["TypeError", "E_BUSY"] }) })]],
  ["an empty event key", alone("waitFor", { config: { event: "paid", key: "" } })],
];

for (const [name, steps] of good) {
  Deno.test(`validateDefinition() takes ${name}`, () => deepEqual(problemsOf(steps), []));
}

Deno.test("validateDefinition() lists everything that is wrong, each once", () => {
  const steps = [step("a", { code: ["undo"], onError: { kind: "x" } }), step("b"), step("b"), step("b")];
  const problems = problemsOf(steps, { id: "", version: 0 });
  equal(new Set(problems).size, problems.length);
  equal(problems.length, 6);
  const error = new InvalidDefinitionError("", problems);
  match(
    error.message,
    /^Cannot build workflow "": the id must .*; the version must .*; two steps have the key "b"/,
  );
});

Deno.test("validateDefinition() takes ten thousand steps and no more", () => {
  const row = Array.from(
    { length: mostSteps },
    (_, index) => step(`${index}`, index + 1 < mostSteps ? { next: [`${index + 1}`] } : {}),
  );
  deepEqual(problemsOf(row), []);
  match(problemsOf([...row, step("x")])[0]!, /^it has 10001 steps; at most 10000 are possible/);
  equal(problemsOf(row.map(() => step("a"))).length, 1);
});

Deno.test("validateDefinition() takes five hundred steps inside one another and no more", () => {
  const nested = (depth: number) => [
    ...Array.from({ length: depth }, (_, index) => ({
      key: `${index}`,
      type: "saga",
      branches: [`${index + 1}`],
    })),
    step(`${depth}`),
  ];
  deepEqual(problemsOf(nested(mostNested)), []);
  deepEqual(problemsOf(nested(mostSteps - 1)), [
    'step "501" lies inside 501 others; at most 500 are possible',
  ]);
});

const holder: Record<string, unknown> = {};
holder.itself = holder;

const hostile: readonly unknown[] = [
  undefined,
  null,
  0,
  NaN,
  1n,
  "definition",
  Symbol("definition"),
  () => {},
  [],
  [[]],
  new Map(),
  new Date(),
  holder,
  { id: 1n },
  { id: "a", version: 1, steps: [holder] },
  { id: "a", version: 1, steps: new Array(3) },
  { id: "a", version: 1, steps: [{ key: "constructor", type: "__proto__", next: ["toString"] }] },
  JSON.parse('{ "__proto__": { "id": "a" }, "id": "a", "version": 1, "steps": [] }'),
  { id: "a", version: 1, steps: [{ key: "\ud800", type: "code" }] },
  { id: "a", version: 1, steps: [{ key: "a\0", type: "code" }] },
  new Proxy({}, {
    ownKeys() {
      throw new Error("no");
    },
  }),
  JSON.parse("[".repeat(5_000) + "]".repeat(5_000)),
];

hostile.forEach((value, index) => {
  Deno.test(`validateDefinition() refuses hostile value ${index + 1} by its own error`, () => {
    ok(refusal(value).length > 0);
  });
});

Deno.test("validateDefinition() throws nothing but its own error, whatever JSON it gets", () => {
  const key = fc.constantFrom("a", "b", "c", "constructor");
  const keys = fc.array(key, { maxLength: 3 });
  const any = fc.jsonValue({ maxDepth: 3 });
  const some = <Value>(value: fc.Arbitrary<Value>) =>
    fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: any });
  const types = [
    "code",
    "if",
    "while",
    "forEach",
    "parallel",
    "saga",
    "decide",
    "waitFor",
    "delay",
    "end",
    "shell",
  ];
  const steps = fc.array(
    fc.record({
      key: some(key),
      type: some(fc.constantFrom(...types)),
      name: some(key),
      next: some(keys),
      branches: some(keys),
      outcomes: some(fc.array(fc.record({ value: any, next: some(key) }), { maxLength: 2 })),
      code: some(fc.subarray(["cancelWhen", "collection", "condition", "input", "output", "undo", "value"])),
      config: some(fc.dictionary(fc.constantFrom("event", "key", "duration", "wait"), any)),
      onError: some(fc.record({ kind: some(fc.constantFrom("retry", "fail")), interval: any })),
      undo: any,
    }, { requiredKeys: [] }),
    { maxLength: 5 },
  );
  const definition = fc.record({
    id: some(fc.constant("a")),
    version: some(fc.constant(1)),
    steps: some(steps),
  });
  fc.assert(fc.property(fc.oneof(any, definition), (value) => void refusal(value)), { numRuns: 2_000 });
});

Deno.test("what validateDefinition() takes has its type then", () => {
  const value: unknown = { id: "a", version: 1, steps: [step("a")] };
  doesNotThrow(() => validateDefinition(value));
  validateDefinition(value);
  const steps: readonly StepDefinition[] = value.steps;
  equal(steps.length, 1);
  throws(() => validateDefinition({ ...value, version: -1 }), { code: "INVALID_DEFINITION" });
});
