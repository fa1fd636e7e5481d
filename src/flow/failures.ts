import { isPrimitive } from "../definition/definition.ts";
import type { Consequence, ErrorPolicy, RetryPolicy } from "../definition/error_behavior.ts";
import { WaitTimeoutError } from "../definition/errors.ts";
import { askedDelay, isRetryable, toFailure } from "../instance/failure.ts";
import type { Closing, EventWait, Pointer, StepFailure } from "../instance/instance.ts";
import { retryDelay } from "../instance/retry.ts";
import type { SettledStatus } from "../instance/status.ts";
import type { Flow } from "./flow.ts";
import { closerOf, holdsBranches } from "./inside.ts";
import { codePolicy } from "./program.ts";

/** How an activation that fails for good settles; one that others have failed is Cancelled. */
type FailedStatus = Extract<SettledStatus, "Failed" | "Cancelled" | "Compensated">;

/** Decides between another attempt and the consequence of a failure. */
export class Failures {
  readonly #flow: Flow;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** A body, or an expression of a step, has thrown. */
  fail(pointer: Pointer, thrown: unknown): void {
    const { id, stepKey, attempt, undoes, closing, failures } = pointer;
    const error = toFailure(thrown, stepKey, attempt);
    if (undoes !== null) return this.#failUndo(pointer, error, thrown);
    if (closerOf(this.#flow.change, pointer) !== null) {
      return this.#settleWhileClosing(pointer, "Failed", error);
    }
    if (closing?.kind === "cancel") return void this.#flow.closure.stopped(pointer);
    const final = !isRetryable(thrown);
    if (holdsBranches(pointer) && this.#flow.stepOf(pointer).type === "saga") {
      return this.#flow.closure.close(pointer, { kind: "saga", failing: id, error, final });
    }
    const policy = this.#policyOf(pointer);
    // What its branches have done is not done again.
    const mayRetry = !holdsBranches(pointer) && !final;
    if (policy.kind === "retry" && mayRetry && isNamed(policy, error) && failures < policy.maxRetries) {
      return this.#retry(pointer, policy, error, askedDelay(thrown));
    }
    this.#giveUp(this.#flow.change.pointer(id), consequenceOf(policy, pointer), error, "Failed", final);
  }

  /** The event that an activation waited for has not come. */
  timeOut(pointer: Pointer, { name, key }: EventWait): void {
    this.fail(pointer, new WaitTimeoutError(name, key));
  }

  /** An activation has failed by an error that is recorded inside it. */
  raise(pointer: Pointer, error: StepFailure): void {
    if (closerOf(this.#flow.change, pointer) !== null) {
      return this.#settleWhileClosing(pointer, "Cancelled", error);
    }
    this.#giveUp(pointer, consequenceOf(this.#policyOf(pointer), pointer), error, "Cancelled", false);
  }

  /** An activation has failed by something that another attempt does not come by. */
  giveUp(pointer: Pointer, error: StepFailure): void {
    const status = this.#flow.stepOf(pointer).type === "saga" && pointer.attempt > 0
      ? "Compensated"
      : "Failed";
    if (closerOf(this.#flow.change, pointer) !== null) {
      return this.#settleWhileClosing(pointer, status, error);
    }
    this.#giveUp(pointer, consequenceOf(this.#policyOf(pointer), pointer), error, status, false);
  }

  /** A saga has been undone: it starts again, the flow goes on, or the failure goes outwards. */
  sagaUndone(saga: Pointer, { error, final }: Closing & { readonly kind: "saga" }): void {
    const { change, closure, program } = this.#flow;
    const { onError, config } = this.#flow.stepOf(saga);
    const cleared = change.movePointer(saga.id, saga.status, { closing: null, join: null });
    const closer = closerOf(change, cleared);
    if (closer !== null) {
      // Where the run ends, retrying it starts the saga again.
      return void closure.settledInside(
        this.#flow.settle(cleared, "Compensated", { open: closer === "run" }),
      );
    }
    if (
      onError?.kind === "retry" && !final && isNamed(onError, error) && saga.failures < onError.maxRetries
    ) {
      return this.#retry(cleared, onError, error, undefined);
    }
    if (config?.then === "continue") {
      const settled = this.#flow.settle(cleared, "Compensated", { open: false, closing: { kind: "abort" } });
      return this.#flow.follow(settled);
    }
    const policy = onError ?? this.#sagaPolicy(cleared, program.definition.onError);
    this.#giveUp(cleared, consequenceOf(policy, cleared), error, "Compensated", final);
  }

  /** A branch has failed while its siblings go on. */
  branchFailed(last: Pointer, error: StepFailure): void {
    const { change } = this.#flow;
    const container = change.pointer(last.parent!);
    if (container.join && !container.join.error) {
      change.movePointer(container.id, container.status, { join: { ...container.join, error } });
    }
    this.#flow.branchEnd(last, true);
  }

  /** The failure of a saga itself: it has its own policy, or what is around it decides. It is not tried again. */
  #sagaPolicy({ saga }: Pointer, around: ErrorPolicy | undefined): ErrorPolicy {
    if (saga !== null) return { kind: "compensate" };
    return { kind: around?.kind === "retry" ? around.then ?? "fail" : around?.kind ?? "fail" };
  }

  #policyOf(pointer: Pointer): ErrorPolicy {
    const step = this.#flow.stepOf(pointer);
    if (step.onError) return step.onError;
    return pointer.saga === null ? this.#flow.program.policyOf(step) : { kind: "compensate" };
  }

  #retry(
    { id, failures, join }: Pointer,
    policy: RetryPolicy,
    error: StepFailure,
    asked: number | undefined,
  ): void {
    const { change } = this.#flow;
    const { now, random } = change.moment;
    const dueAt = now + (asked ?? retryDelay(policy, failures + 1, random));
    const pointer = change.movePointer(id, "Sleeping", {
      failures: failures + 1,
      error,
      dueAt,
      held: null,
      // The next attempt gets the results of the branches that the body has asked for.
      join,
    });
    change.tellStep("StepRetrying", pointer);
  }

  /** `final`: another attempt, of a saga around it too, cannot help. */
  #giveUp(
    pointer: Pointer,
    consequence: Consequence,
    error: StepFailure,
    status: FailedStatus,
    final: boolean,
  ): void {
    const { change, closure } = this.#flow;
    const reason = `step "${error.step}" failed: ${error.message}`;
    const saga = consequence === "compensate" && pointer.saga !== null
      ? change.find(pointer.saga)
      : undefined;
    const part = consequence === "fail" || consequence === "compensate"
      ? this.#patientPart(pointer, saga?.id ?? null)
      : null;
    const settled = this.#settle(pointer, status, error, saga || part ? "closing" : "retry");
    if (part?.id === pointer.id) return this.branchFailed(settled, error);
    if (part) return closure.close(change.pointer(part.id), { kind: "branch", error });
    if (saga) return closure.close(saga, { kind: "saga", failing: pointer.id, error, final });
    switch (consequence) {
      case "suspend":
        return this.#suspend(reason, error);
      case "terminate":
        return closure.finishRun("Terminated", { error, reason });
    }
    // A saga has been undone, itself included.
    const undoes = consequence === "compensate" && status !== "Compensated" && settled.startedAt !== null &&
      this.#flow.stepOf(pointer).undo !== undefined;
    closure.end({ status: "Failed", error, reason, by: pointer.id, undo: undoes ? pointer.id : null });
  }

  #settle(pointer: Pointer, status: FailedStatus, error: StepFailure, opens: "closing" | "retry"): Pointer {
    return this.#flow.settle(pointer, status, {
      error,
      ...(opens === "retry" ? { open: true, closing: null } : { closing: { kind: "abort" } }),
      ...(status === "Compensated" && opens === "closing" && { open: false }),
    });
  }

  /**
   * Where a branch of a `parallel` or `forEach` around the pointer, inside `limit`, fails alone while the others go on:
   * the outermost activation of that branch.
   */
  #patientPart(pointer: Pointer, limit: number | null): Pointer | null {
    for (let inner = pointer; inner.parent !== null && inner.parent !== limit;) {
      const container = this.#flow.change.pointer(inner.parent);
      const { type, config } = this.#flow.stepOf(container);
      // What an executor's own config calls so is no option of the engine.
      if (isPrimitive(type) && config?.errors === "wait") return inner;
      inner = container;
    }
    return null;
  }

  /** What is around an activation is being closed anyway: its failure is recorded, and has no consequence. */
  #settleWhileClosing(pointer: Pointer, status: FailedStatus, error: StepFailure): void {
    const byRun = closerOf(this.#flow.change, pointer) === "run";
    this.#flow.closure.settledInside(this.#settle(pointer, status, error, byRun ? "retry" : "closing"));
  }

  /** An undo that keeps failing suspends the run: nobody but a person can say how to go on. */
  #failUndo(pointer: Pointer, error: StepFailure, thrown: unknown): void {
    const policy = this.#flow.stepOf(pointer).undo?.onError ?? codePolicy;
    if (
      policy.kind === "retry" && isRetryable(thrown) && isNamed(policy, error) &&
      pointer.failures < policy.maxRetries
    ) return this.#retry(pointer, policy, error, askedDelay(thrown));
    this.#flow.settle(pointer, "Failed", { error, open: true });
    this.#suspend(`the undo of step "${error.step}" failed: ${error.message}`, error);
  }

  #suspend(reason: string, error: StepFailure): void {
    const { change } = this.#flow;
    if (change.instance.status === "Runnable") {
      change.moveRun("Suspended");
      change.tellRun("WorkflowSuspended", reason);
    }
    change.set({ reason, error });
  }
}

/** Whether a policy is about an error. */
function isNamed({ on }: RetryPolicy, { code, type }: StepFailure): boolean {
  return on === undefined || on.includes(type) || code !== null && on.includes(code);
}

function consequenceOf(policy: ErrorPolicy, { saga }: Pointer): Consequence {
  if (policy.kind !== "retry") return policy.kind;
  return policy.then ?? (saga === null ? "fail" : "compensate");
}
