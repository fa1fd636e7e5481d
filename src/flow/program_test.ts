import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { getCode } from "../definition/code.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { codePolicy, makeProgram } from "./program.ts";

const work = () => {};
const definition = new WorkflowBuilder()
  .startWith(work).name("Code").input(() => 1).compensateWith(work)
  .then({ type: "shell" }).name("Shell")
  .ifDo(() => true, (b) => b.then(work).name("In")).name("If")
  .delay("1s").name("Delay")
  .build("w", 1);
const { steps } = getCode(definition);
const keys = definition.steps.map(({ key }) => key);

Deno.test("a program that has all code and executors lacks nothing", () => {
  const program = makeProgram(definition, steps);
  deepEqual(keys.map((key) => program.missing(key, false)), keys.map(() => null));
  equal(program.missing("Code", true), null);
  equal(program.isComplete(), true);
});

Deno.test("what a program lacks is named: body, expression, undo, executor", () => {
  const some = new Map([...steps].map(([key, code]) => [key, key === "Code" ? { body: code.body! } : {}]));
  const program = makeProgram(definition, some, () => false);
  const lacks = (what: string) => `${what} in this program`;
  deepEqual(keys.map((key) => program.missing(key, false)), [
    lacks('step "Code" of workflow "w" version 1 has no input'),
    'no executor is set up for step "Shell" of type "shell"',
    lacks('step "If" of workflow "w" version 1 has no condition'),
    lacks('step "In" of workflow "w" version 1 has no body'),
    null,
  ]);
  equal(program.missing("Code", true), lacks('step "Code" of workflow "w" version 1 has no undo'));
  equal(program.isComplete(), false);
});

Deno.test("an executor may be set up later: the program is complete from then on", () => {
  const executors = new Set<string>();
  const program = makeProgram(definition, steps, (type) => executors.has(type));
  equal(program.isComplete(), false);
  executors.add("shell");
  deepEqual([program.missing("Shell", false), program.isComplete()], [null, true]);
});

Deno.test("without a policy anywhere, code and primitives are tried again, an executor's step fails at once", () => {
  const program = makeProgram(definition, steps);
  deepEqual(definition.steps.map((step) => program.policyOf(step)), [
    codePolicy,
    ErrorBehavior.fail(),
    codePolicy,
    codePolicy,
    codePolicy,
  ]);
  const onError = ErrorBehavior.suspend();
  const other = makeProgram({ ...definition, onError }, steps);
  deepEqual(definition.steps.map((step) => other.policyOf(step)), keys.map(() => onError));
  const own = ErrorBehavior.terminate();
  equal(other.policyOf({ ...definition.steps[1]!, onError: own }), own);
});
