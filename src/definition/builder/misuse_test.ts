import { equal, match, rejects, throws } from "node:assert/strict";
import { WorkflowBuilder } from "../builder.ts";
import { InvalidDefinitionError } from "../errors.ts";

/*
 * What the types refuse is refused at run time too, where the mistake is: not every program is checked.
 */

// deno-lint-ignore no-explicit-any
const start = new WorkflowBuilder() as any;
const work = () => {};
const step = start.then(work).name("One");
// deno-lint-ignore no-explicit-any
type Loose = any;

const misuses: readonly (readonly [name: string, use: () => unknown, says: RegExp])[] = [
  [
    "an id where options belong",
    () => new (WorkflowBuilder as Loose)("a", 1),
    /id and version go to build\(\)/,
  ],
  [
    "a step that is nothing",
    () => start.then(undefined),
    /must be a class with run\(ctx\).*received undefined/,
  ],
  ["a step that is null", () => start.then(null), /must be a class with run\(ctx\).*received null/],
  ["a step that is text", () => start.then("make"), /must be a class .*received string/],
  ["a step of a primitive's type", () => start.then({ type: "if" }), /type "if".*the builder's own verb/],
  ["a step of type code", () => start.then({ type: "code" }), /type "code"/],
  [
    "a config without a JSON form",
    () => start.then({ type: "shell", config: { at: new Date() } }),
    /Cannot store the config of a step of type "shell"\.at: Date is no plain object/,
  ],
  [
    "a condition that is a value",
    () => start.ifDo(true, work),
    /ifDo\(\): it needs a function of the data, received boolean/,
  ],
  ["a branch that is a class of steps", () => start.ifDo(work, "x"), /a function for each branch/],
  [
    "a branch that returns nothing",
    () => start.whileDo(work, () => {}),
    /must return its chain.*received undefined/,
  ],
  ["an empty branch", () => start.forEach(work, (b: Loose) => b), /a branch is empty; add a step to it/],
  ["an empty outcome", () => step.outcome(1, (b: Loose) => b), /let an outcome lead on by attach\(\)/],
  ["parallel without branches", () => start.parallel((p: Loose) => p), /it has no branch; write/],
  ["parallel that returns nothing", () => start.parallel(() => {}), /it has no branch/],
  [
    "a second else",
    () => start.ifDo(work, (b: Loose) => b.then(work)).else((b: Loose) => b.then(work)).else(work),
    /else\(\) here/,
  ],
  ["else behind a step", () => step.else((b: Loose) => b.then(work)), /Cannot use else\(\) here/],
  ["an outcome of a delay", () => start.delay(5).outcome(1, (b: Loose) => b.then(work)), /outcome\(\) here/],
  [
    "a second branch of a body",
    () => step.do((b: Loose) => b.then(work)).do((b: Loose) => b.then(work)),
    /do\(\) here/,
  ],
  ["a name before there is a step", () => start.name("x"), /Cannot use name\(\) here/],
  ["a name behind attach()", () => step.attach("One").name("x"), /Cannot use name\(\) here/],
  [
    "a concurrency of 0",
    () => start.forEach(work, (b: Loose) => b.then(work), { concurrency: 0 }),
    /from 1, received 0/,
  ],
  [
    "sequential with a concurrency",
    () => start.forEach(work, (b: Loose) => b.then(work), { sequential: true, concurrency: 4 }),
    /the concurrency is 1, received 4/,
  ],
  ["a delay of no time", () => start.delay("0s"), /longer than zero/],
  [
    "an outcome without a JSON form",
    () => step.outcome(NaN, (b: Loose) => b.then(work)),
    /Cannot store an outcome/,
  ],
  ["an undo that is no function", () => step.compensateWith({}), /compensateWith\(\): it needs a class/],
];

for (const [name, use, says] of misuses) {
  Deno.test(`the builder refuses ${name}`, () => {
    throws(use, (error: Error) => {
      match(error.message, says);
      return /^Cannot /.test(error.message);
    });
  });
}

const refusals: readonly (readonly [name: string, build: () => unknown, says: RegExp])[] = [
  ["no steps", () => start.build("a", 1), /it has no steps/],
  [
    "a goal that does not exist",
    () => step.attach("Tow").build("a", 1),
    /"One" leads to "Tow", which does not exist/,
  ],
  [
    "a way out of a branch",
    () => step.ifDo(work, (b: Loose) => b.then(work).id("in").attach("One")).build("a", 1),
    /"in" leads to "One", which is in the workflow's own steps, not in the branch of "2:if"/,
  ],
  [
    "a branch that leads elsewhere",
    () => step.whileDo(work, (b: Loose) => b.attach("One")).build("a", 1),
    /"2:while" leads to "One".*a path cannot leave its scope/,
  ],
  [
    "onTimeout without a timeout",
    () => start.waitFor("e", "k", { onTimeout: (b: Loose) => b.then(work) }).build("a", 1),
    /no timeout/,
  ],
  [
    "an unknown wait",
    () => start.parallel((p: Loose) => p.branch((b: Loose) => b.then(work)), { wait: "some" }).build("a", 1),
    /wait of .* "all" or "any"/,
  ],
  ["a policy that is none", () => step.onError({ kind: "retry" }).build("a", 1), /has no interval/],
  ["a name that is a number", () => start.then(work).name(7).build("a", 1), /must be text/],
];

for (const [name, build, says] of refusals) {
  Deno.test(`build() refuses ${name}`, () => {
    throws(build, (error: Error) => {
      match(error.message, says);
      return error instanceof InvalidDefinitionError;
    });
  });
}

Deno.test("a workflow under construction cannot be awaited", async () => {
  await rejects(async () => await step, /Cannot await a workflow under construction/);
});

Deno.test("the constructor makes a builder of its own kind", () => {
  equal(start instanceof WorkflowBuilder, true);
});
