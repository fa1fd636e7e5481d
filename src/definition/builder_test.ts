import { deepEqual, equal, notEqual, throws } from "node:assert/strict";
import { WorkflowBuilder } from "./builder.ts";
import { getCode } from "./code.ts";
import { ErrorBehavior } from "./error_behavior.ts";
import { InvalidDefinitionError } from "./errors.ts";
import { storeDefinition } from "./hash.ts";
import type { StepContext } from "./step_context.ts";

interface Order {
  readonly total: number;
}

class Charge {
  run(ctx: StepContext<Order>): { charged: number } {
    return { charged: ctx.data.total };
  }
}

const steps = new WorkflowBuilder<Order>().startWith(Charge).name("Charge");

Deno.test("build() returns plain data: wiring, names and policies, no code", () => {
  const definition = steps.onError(ErrorBehavior.retry({ interval: "5s", maxRetries: 3 })).timeout("1m")
    .then(() => {}).name("Ship").id("ship").endWorkflow().build("order", 2);
  deepEqual(JSON.parse(JSON.stringify(definition)), {
    id: "order",
    version: 2,
    steps: [
      {
        key: "Charge",
        name: "Charge",
        type: "code",
        timeout: 60_000,
        onError: {
          kind: "retry",
          interval: 5_000,
          maxRetries: 3,
          backoff: 1,
          maxInterval: 3_600_000,
          jitter: 0,
        },
        next: ["ship"],
      },
      { key: "ship", name: "Ship", type: "code", next: ["3:end"] },
      { key: "3:end", type: "end" },
    ],
  });
});

Deno.test("build() freezes the definition to its depth", () => {
  const definition = steps.build("order", 1);
  throws(() => Object.assign(definition.steps[0]!, { key: "other" }), TypeError);
});

Deno.test("a builder is never changed: a prefix can be used again", () => {
  const long = steps.then(() => 1).name("One");
  const other = steps.then(() => 2).name("Two");
  deepEqual(long.build("a", 1).steps.map(({ key }) => key), ["Charge", "One"]);
  deepEqual(other.build("b", 1).steps.map(({ key }) => key), ["Charge", "Two"]);
});

Deno.test("build() keeps code beside the data, by step key, and a copy of the data has none", () => {
  const definition = steps.build("order", 1);
  deepEqual([...getCode(definition).steps].map(([key, code]) => [key, Object.keys(code)]), [
    ["Charge", ["body"]],
  ]);
  equal(getCode(structuredClone(definition)).steps.size, 0);
});

Deno.test("the hash follows the content, not the code", () => {
  const hash = (version: number) => storeDefinition(steps.build("order", version)).hash;
  equal(hash(1), hash(1));
  notEqual(hash(1), hash(2));
});

const invalid: readonly (readonly [name: string, build: () => unknown, problem: RegExp])[] = [
  ["an empty id", () => steps.build("", 1), /the id must have 1 to 128/],
  ["an id that is a path", () => steps.build("a/b", 1), /received "a\/b"/],
  ["an id of 300 characters", () => steps.build("x".repeat(300), 1), /the id must/],
  ["version 0", () => steps.build("a", 0), /version must be a whole number from 1, received 0/],
  ["version 1.5", () => steps.build("a", 1.5), /received 1.5/],
  [
    "two steps of one name",
    () => steps.then(() => {}).name("Charge").build("a", 1),
    /two steps have the name "Charge"/,
  ],
  [
    "a step behind the end",
    // @ts-expect-error: nothing can follow the end
    () => steps.endWorkflow().then(() => {}).name("Late").build("a", 1),
    /nothing leads to step "Late"/,
  ],
];

for (const [name, build, problem] of invalid) {
  Deno.test(`build() refuses ${name}`, () => {
    throws(build, (error: Error) => error instanceof InvalidDefinitionError && problem.test(error.message));
  });
}
