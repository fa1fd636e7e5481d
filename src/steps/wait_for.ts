import { checkEvent } from "../definition/check_text.ts";
import type { StepDefinition } from "../definition/definition.ts";
import { WaitTimeoutError } from "../definition/errors.ts";
import { timeOf } from "../definition/time.ts";
import type { Pointer } from "../instance/instance.ts";
import type { StepFlow, StepRules } from "./step_flow.ts";

/** `waitFor`: until an event comes, whose data is the step's output; or until the timeout. */
export const waitForRules: StepRules = {
  enter(flow, pointer, step) {
    const { event, timeout } = step.config!;
    const key = keyOf(flow, pointer, step);
    checkEvent(`wait for an event in step "${step.key}"`, event, key);
    const wait = { name: event as string, key: key as string, since: sinceOf(flow, pointer, step) };
    flow.waitFor(pointer, wait, typeof timeout === "number" ? flow.now + timeout : null);
  },
  received: (flow, pointer, _step, event) => flow.complete(pointer, event.data),
  due(flow, pointer, step) {
    const onTimeout = step.branches?.[0];
    if (onTimeout === undefined) throw new WaitTimeoutError(pointer.wait!.name, pointer.wait!.key);
    flow.keep(pointer, { join: { total: 1, done: 0 } });
    flow.beginBranch(pointer, 0, onTimeout, pointer.item);
  },
  branchEnded: (flow, pointer) => flow.complete(pointer, null),
};

/** A number is the same key as its digits. */
function keyOf(flow: StepFlow, pointer: Pointer, step: StepDefinition): unknown {
  const { eventKey } = flow.code(step);
  const key = eventKey ? eventKey(flow.data, flow.scopeOf(pointer)) : step.config!.key;
  return typeof key === "number" && Number.isFinite(key) ? String(key) : key;
}

function sinceOf(flow: StepFlow, pointer: Pointer, step: StepDefinition): number {
  const { since } = flow.code(step);
  const time = since ? since(flow.data, flow.scopeOf(pointer)) : step.config!.since ?? flow.startedAt;
  const milliseconds = timeOf(time);
  if (milliseconds !== undefined) return milliseconds;
  throw new TypeError(
    `Cannot wait for an event in step "${step.key}": \`since\` must be a date or milliseconds, received ${typeof time}`,
  );
}
