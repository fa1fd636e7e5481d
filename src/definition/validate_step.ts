import type { CodeRole, StepDefinition } from "./definition.ts";
import { isTemplate } from "./template.ts";
import { policyProblems } from "./validate_policy.ts";
import { typeProblems } from "./validate_type.ts";
import {
  type Check,
  isKeyList,
  isList,
  isLockName,
  isLockTtl,
  isMilliseconds,
  isObject,
  isOneOf,
  isRecord,
  isText,
  memberProblems,
  shown,
} from "./validate_value.ts";

const roles: readonly CodeRole[] = [
  "cancelWhen",
  "collection",
  "condition",
  "duration",
  "eventKey",
  "input",
  "lock",
  "output",
  "since",
  "undo",
  "value",
];

const members: Readonly<Record<keyof StepDefinition, Check>> = {
  key: isText,
  name: isText,
  type: isText,
  config: isObject,
  timeout: isMilliseconds,
  lock: isObject,
  onError: isObject,
  next: isKeyList,
  outcomes: isList,
  branches: isKeyList,
  code: (value) =>
    Array.isArray(value) && value.every((role) => roles.includes(role)) &&
      value.every((role, index) => index === 0 || value[index - 1] < role)
      ? null
      : `must be a sorted list of ${roles.join(", ")}, each once`,
  undo: isObject,
  cancelProceeds: isOneOf(true, false),
  rev: isText,
};

const outcomeMembers: Readonly<Record<string, Check>> = { value: () => null, next: isText };
const undoMembers: Readonly<Record<string, Check>> = { timeout: isMilliseconds, onError: isObject };
const lockMembers: Readonly<Record<string, Check>> = {
  name: isLockName,
  ttl: isLockTtl,
  wait: isMilliseconds,
};

/** What is wrong with the form of a step. Only where nothing is, can the step be read as one. */
export function* stepFormProblems(step: unknown, position: number): Iterable<string> {
  const hasKey = isRecord(step) && isText(step.key) === null;
  const what = hasKey ? `step ${shown(step.key)}` : `step number ${position}`;
  yield* memberProblems(step, what, members, ["key", "type"]);
  if (isRecord(step) && Array.isArray(step.outcomes)) {
    for (const [index, outcome] of step.outcomes.entries()) {
      yield* memberProblems(outcome, `outcome ${index + 1} of ${what}`, outcomeMembers, ["value", "next"]);
    }
  }
}

/** What is wrong with what a step of good form holds. */
export function* stepProblems(step: StepDefinition): Iterable<string> {
  const { key, code = [], undo, onError } = step;
  const what = `step "${key}"`;
  yield* typeProblems(step);
  if (onError !== undefined) yield* policyProblems(onError, `the onError of ${what}`);
  if (undo !== undefined) {
    yield* memberProblems(undo, `the undo of ${what}`, undoMembers);
    if (isRecord(undo.onError)) yield* policyProblems(undo.onError, `the onError of the undo of ${what}`);
  }
  if (code.includes("undo") !== (undo !== undefined)) {
    yield `${what} must have both undo and the role "undo" under code, or neither`;
  }
  yield* lockProblems(step, what);
  if (step.cancelProceeds !== undefined && !code.includes("cancelWhen")) {
    yield `${what} has cancelProceeds, but no cancelWhen under code`;
  }
  const lists = [step.next, step.branches];
  if (lists.some((list) => list && new Set(list).size < list.length)) {
    yield `${what} leads twice to the same step`;
  }
}

function* lockProblems({ type, lock, code = [] }: StepDefinition, what: string): Iterable<string> {
  const isCode = code.includes("lock");
  if (lock === undefined) {
    if (isCode) yield `${what} has the role "lock" under code, but no lock`;
    return;
  }
  yield* memberProblems(lock, `the lock of ${what}`, lockMembers);
  if (isCode === (lock.name !== undefined)) {
    yield `the lock of ${what} must have a name, or the role "lock" under code, and not both`;
  }
  if (type === "code" && isTemplate(lock.name)) {
    yield `the lock of ${what} has expressions in its name, which is for steps of executors; give a function`;
  }
}
