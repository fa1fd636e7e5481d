import { ok } from "node:assert/strict";
import { ErrorBehavior } from "./error_behavior.ts";
import { alone, problemsOf, step } from "./testing_definition.ts";

const condition = { code: ["condition"] };
const collection = { code: ["collection"], branches: ["x"] };
const wait = { event: "paid", key: "7" };

const bad: readonly (readonly [name: string, steps: readonly unknown[], says: RegExp])[] = [
  ["no steps", [], /^it has no steps$/],
  ["a step that is text", ["make"], /^step number 1 must be an object, received "make"$/],
  ["a step that is null", [null], /step number 1 must be an object, received null/],
  ["a step without key and type", [{}], /step number 1 has no key/],
  [
    "an empty key",
    [step("")],
    /the key of step number 1 must be text of 1 to 1024 bytes in UTF-8, received ""/,
  ],
  ["a key of 1,026 bytes", [step("門".repeat(342))], /1 to 1024 bytes in UTF-8, received "門+\.\.\.$/],
  ["a name that is a number", [step("a", { name: 7 })], /the name of step "a" must be text.*received 7/],
  [
    "a mistyped key of a step",
    [step("a", { timout: 5 })],
    /step "a" has the unknown key "timout"; known are key, name/,
  ],
  ["the flag of an earlier form", [step("a", { end: true })], /unknown key "end"/],
  [
    "a timeout that is text",
    [step("a", { timeout: "5s" })],
    /the timeout of step "a" must be whole milliseconds/,
  ],
  ["a timeout of 0", [step("a", { timeout: 0 })], /received 0/],
  ["a timeout of eleven years", [step("a", { timeout: 11 * 366 * 86_400_000 })], /to ten years/],
  [
    "next that is text",
    [step("a", { next: "b" })],
    /the next of step "a" must be a list of step keys, received "b"/,
  ],
  [
    "outcomes without value",
    [step("a", { outcomes: [{ next: "a" }] })],
    /outcome 1 of step "a" has no value/,
  ],
  ["outcomes without next", [step("a", { outcomes: [{ value: 1 }] })], /outcome 1 of step "a" has no next/],
  ["an unknown code role", [step("a", { code: ["body"] })], /a sorted list of cancelWhen/],
  ["unsorted code roles", [step("a", { code: ["output", "input"] })], /a sorted list/],
  ["a code role twice", [step("a", { code: ["input", "input"] })], /each once/],
  [
    "a role of another type",
    [step("a", { code: ["condition"] })],
    /"a" of type "code" cannot have condition as code/,
  ],
  [
    "a lock without a name",
    [step("a", { lock: {} })],
    /the lock of step "a" must have a name, or the role "lock"/,
  ],
  ["a lock with two names", [step("a", { code: ["lock"], lock: { name: "x" } })], /and not both/],
  ["a lock as code only", [step("a", { code: ["lock"] })], /the role "lock" under code, but no lock/],
  ["a lock of a name that is too long", [step("a", { lock: { name: "門".repeat(342) } })], /1 to 1024 bytes/],
  [
    "a lock for too short",
    [step("a", { lock: { name: "x", ttl: 999 } })],
    /milliseconds from 1000 to ten years/,
  ],
  ["a wait of zero", [step("a", { lock: { name: "x", wait: 0 } })], /the wait of the lock of step "a"/],
  [
    "a mistyped key of a lock",
    [step("a", { lock: { name: "x", tll: 1 } })],
    /unknown key "tll"; known are name, ttl/,
  ],
  [
    "expressions in the name of a lock of code",
    [step("a", { lock: { name: { template: [{ expression: "data.x" }] } } })],
    /which is for steps of executors; give a function/,
  ],
  [
    "a lock of a delay",
    [step("a", { type: "delay", config: { duration: 1 }, lock: { name: "x" } })],
    /cannot have lock/,
  ],
  ["undo without code", [step("a", { undo: {} })], /must have both undo and the role "undo"/],
  ["undo as code only", [step("a", { code: ["undo"] })], /must have both undo and the role "undo"/],
  [
    "an undo's timeout",
    [step("a", { code: ["undo"], undo: { timeout: -1 } })],
    /timeout of the undo of step "a"/,
  ],
  [
    "an undo's policy",
    [step("a", { code: ["undo"], undo: { onError: { kind: "x" } } })],
    /onError of the undo of step "a"/,
  ],
  ["cancelProceeds alone", [step("a", { cancelProceeds: true })], /cancelProceeds, but no cancelWhen/],
  [
    "an unknown policy",
    [step("a", { onError: { kind: "ignore" } })],
    /the kind of the onError of step "a" must be "fail" or/,
  ],
  ["a policy without kind", [step("a", { onError: {} })], /the onError of step "a" has no kind/],
  ["a retry without numbers", [step("a", { onError: { kind: "retry" } })], /has no interval/],
  [
    "a retry of -1",
    [step("a", { onError: { ...ErrorBehavior.retry(), maxRetries: -1 } })],
    /maxRetries must be a whole number from 0, received -1/,
  ],
  [
    "a retry that counts in text",
    [step("a", { onError: { ...ErrorBehavior.retry(), maxRetries: "3" } })],
    /the maxRetries of the onError of step "a" must be a number, received "3"/,
  ],
  [
    "a retry on one name that is in no list",
    [step("a", { onError: { ...ErrorBehavior.retry(), on: "TypeError" } })],
    /the on of the onError of step "a" must be a list of names, received "TypeError"/,
  ],
  [
    "a retry on a number",
    [step("a", { onError: { ...ErrorBehavior.retry(), on: ["TypeError", 503] } })],
    /must be a list of names, received \["TypeError",503\]/,
  ],
  [
    "a retry in text",
    [step("a", { onError: { ...ErrorBehavior.retry(), interval: "5s" } })],
    /interval of the onError/,
  ],
  [
    "a retry's then",
    [step("a", { onError: { ...ErrorBehavior.retry(), then: "toString" } })],
    /the then of .* must be "fail"/,
  ],
  [
    "a retry's unknown key",
    [step("a", { onError: { ...ErrorBehavior.retry(), max: 3 } })],
    /unknown key "max"/,
  ],
  [
    "two steps of one key",
    [step("a", { next: ["b"] }), step("b"), step("b")],
    /two steps have the key "b": give one/,
  ],
  [
    "two steps of one name",
    [step("a", { name: "n", next: ["b"] }), step("b", { name: "n" })],
    /two steps have the name "n"/,
  ],
  ["a dangling next", [step("a", { next: ["b"] })], /^step "a" leads to "b", which does not exist$/],
  [
    "a dangling outcome",
    [step("a", { outcomes: [{ value: 1, next: "b" }] })],
    /leads to "b", which does not exist/,
  ],
  ["a dangling branch", [{ key: "a", type: "saga", branches: ["b"] }], /leads to "b", which does not exist/],
  ["a next twice", [step("a", { next: ["b", "b"] }), step("b")], /step "a" leads twice to the same step/],
  [
    "a step that nothing leads to",
    [step("a"), step("b")],
    /^nothing leads to step "b": remove it, or lead a step there$/,
  ],
  ["a loop that nothing leads to", [step("a"), step("b", { next: ["b"] })], /nothing leads to step "b"/],
  [
    "a way out of a branch",
    [{ key: "a", type: "saga", branches: ["b"], next: ["c"] }, step("b", { next: ["c"] }), step("c")],
    /leads to "c", which is in (the workflow's own steps, not in the branch of "a"|the branch of "a", not in the workflow's own steps)/,
  ],
  [
    "a branch shared by two",
    [
      { key: "a", type: "parallel", branches: ["b", "c"] },
      step("b", { next: ["d"] }),
      step("c", { next: ["d"] }),
      step("d"),
    ],
    /which is in branch [12] of "a", not in branch [12] of "a": a path cannot leave its scope/,
  ],
  [
    "a step inside itself",
    [{ key: "a", type: "saga", branches: ["a"] }],
    /"a" leads to "a", which is in the workflow's own steps/,
  ],
  ["a mistyped primitive", alone("foreach", {}), /unknown type; did you mean "forEach"\?/],
  ["an if without branches", alone("if", condition), /step "a" of type "if" has 0 branches; it needs 1/],
  [
    "an if with three",
    alone("if", { ...condition, branches: ["x", "y", "z"] }),
    /has 3 branches; at most 2 are possible/,
  ],
  ["an if without condition", alone("if", { branches: ["x"] }), /has no condition: list it under code/],
  [
    "a while with a config",
    alone("while", { ...condition, branches: ["x"], config: { limit: 3 } }),
    /config of step "a" .*unknown key "limit"/,
  ],
  ["a parallel without branches", alone("parallel"), /has 0 branches/],
  [
    "an unknown wait",
    alone("parallel", { branches: ["x"], config: { wait: "some" } }),
    /the wait of .* must be "all" or "any", received "some"/,
  ],
  [
    "an unknown errors",
    alone("parallel", { branches: ["x"], config: { errors: 1 } }),
    /the errors of .* must be "cancel" or "wait"/,
  ],
  [
    "an unknown then",
    alone("saga", { branches: ["x"], config: { then: "go" } }),
    /the then of .* must be "fail" or "continue"/,
  ],
  [
    "a concurrency of 0",
    alone("forEach", { ...collection, config: { concurrency: 0 } }),
    /concurrency of .* must be a whole number from 1, received 0/,
  ],
  ["a concurrency of 1.5", alone("forEach", { ...collection, config: { concurrency: 1.5 } }), /received 1.5/],
  ['a concurrency of "3"', alone("forEach", { ...collection, config: { concurrency: "3" } }), /received "3"/],
  [
    "results that are text",
    alone("forEach", { ...collection, config: { results: "no" } }),
    /must be true or false/,
  ],
  [
    "a wait without event",
    alone("waitFor", { config: { key: "7" } }),
    /the config of step "a" .* has no event/,
  ],
  ["a wait without config", alone("waitFor", { code: ["eventKey"] }), /has no event/],
  [
    "a wait without key",
    alone("waitFor", { config: { event: "paid" } }),
    /has no key: give it in config, or list eventKey under code/,
  ],
  ["a wait with two keys", alone("waitFor", { config: wait, code: ["eventKey"] }), /has key twice/],
  [
    "a wait since two times",
    alone("waitFor", { config: { ...wait, since: 0 }, code: ["since"] }),
    /has since twice/,
  ],
  [
    "a wait of a text's time",
    alone("waitFor", { config: { ...wait, timeout: "30m" } }),
    /the timeout of .* whole milliseconds/,
  ],
  [
    "onTimeout without timeout",
    alone("waitFor", { config: wait, branches: ["x"] }),
    /a branch for its timeout, but no timeout/,
  ],
  ["a delay without duration", alone("delay"), /has no duration: give it in config/],
  ["a delay of -1", alone("delay", { config: { duration: -1 } }), /the duration of .*received -1/],
  ["a decide without value", alone("decide"), /has no value/],
  ["outcomes of a delay", alone("delay", { config: { duration: 1 }, outcomes: [] }), /cannot have outcomes/],
  ["a timeout of a saga", alone("saga", { branches: ["x"], timeout: 5 }), /cannot have timeout/],
  ["something behind an end", [{ key: "a", type: "end", next: ["b"] }, step("b")], /cannot have next/],
  ["an output of an end", alone("end", { code: ["output"] }), /cannot have output as code/],
  ["two branches of a body", alone("code", { branches: ["x", "y"] }), /at most 1 are possible/],
];

for (const [name, steps, says] of bad) {
  Deno.test(`validateDefinition() refuses ${name}`, () => {
    const problems = problemsOf(steps);
    ok(problems.some((problem) => says.test(problem)), problems.join("\n"));
  });
}
