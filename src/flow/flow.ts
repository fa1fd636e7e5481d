import { frozenJson } from "../definition/canonical_json.ts";
import type { Scope, StepCode } from "../definition/code.ts";
import type { StepDefinition, WorkflowDefinition } from "../definition/definition.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import type { PayloadLimits } from "../definition/payload_limits.ts";
import type { Closing, EventWait, Join, Pointer, PublishedEvent } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import { isBusy, isSettled, type SettledStatus } from "../instance/status.ts";
import { type Advance, type BranchScope, Change, type Moment } from "../instance/transition.ts";
import { rulesOf } from "../steps/rules.ts";
import type { StepFlow } from "../steps/step_flow.ts";
import { Cancels } from "./cancels.ts";
import { Closure } from "./closure.ts";
import { Failures } from "./failures.ts";
import { followingOf } from "./following.ts";
import { changeForks, hasForks } from "./forks.ts";
import type { Program } from "./program.ts";
import { Starts } from "./starts.ts";

/**
 * Moves a run through its definition, within one transition: activations begin, settle and are followed by others, as
 * far as that needs no body to be run.
 */
export class Flow implements StepFlow {
  /** What has changed so far. */
  readonly change: Change;
  /** Definition and code. */
  readonly program: Program;
  /** How failures are dealt with. */
  readonly failures: Failures;
  /** How sagas, joins and the run itself are closed. */
  readonly closure: Closure;
  /** What is cancelled by its `cancelWhen`. */
  readonly cancels: Cancels;
  readonly #starts: Starts;

  constructor(state: InstanceState, program: Program, moment: Moment) {
    this.change = new Change(state, moment);
    this.program = program;
    this.failures = new Failures(this);
    this.closure = new Closure(this);
    this.cancels = new Cancels(this);
    this.#starts = new Starts(this);
  }

  /** The definition of the run. */
  get definition(): WorkflowDefinition {
    return this.program.definition;
  }

  /** How large may be what is kept of the run. */
  get limits(): PayloadLimits {
    return this.program.limits;
  }

  /** Milliseconds of the store's clock. */
  get now(): number {
    return this.change.moment.now;
  }

  /** When the run was started. */
  get startedAt(): number {
    return this.change.instance.createdAt;
  }

  /** The workflow's data as changed so far. */
  get data(): JsonObject {
    return this.change.instance.data;
  }

  /** Whether something may begin: the run is neither suspended nor ended, and whoever commits this goes on. */
  get isGoing(): boolean {
    return this.change.moment.begin && this.change.instance.status === "Runnable" && !this.#starts.isBlocked;
  }

  /**
   * Whether what has begun can go on in this program. Where it cannot, nothing does, and the run is parked: its code may
   * be asked for by any step inside it, any event and any timer.
   */
  get canGoOn(): boolean {
    const { change, program } = this;
    if (this.#starts.isBlocked) return false;
    if (program.isComplete()) return true;
    for (const { stepKey, status, attempt, undoes } of change.pointers) {
      if (attempt === 0 || isSettled(status) || isBusy(status) || status === "Pending") continue;
      const missing = program.missing(stepKey, undoes !== null);
      if (missing !== null) this.#starts.block(missing);
    }
    return !this.#starts.isBlocked;
  }

  /** The code of a step. */
  code(step: StepDefinition): StepCode {
    return this.program.code(step.key);
  }

  /** The step of an activation. */
  stepOf(pointer: Pointer): StepDefinition {
    return this.program.step(pointer.stepKey);
  }

  /** What an expression of an activation sees beside the data. */
  scopeOf({ item, branch }: Pointer): Scope {
    return { item, index: branch, vars: this.change.instance.vars };
  }

  /** Makes an activation that begins as soon as it may. */
  activate(
    stepKey: string,
    at: BranchScope & { readonly item: JsonValue; readonly saga: number | null },
  ): void {
    this.enqueue(this.change.create({ stepKey, ...at }));
  }

  /**
   * A Pending activation begins before this transition is done, if it may. Where the run is about to end, it is kept
   * for a retry of the run.
   */
  enqueue(pointer: Pointer): void {
    if (this.change.instance.ending && pointer.undoes === null) this.closure.skip(pointer);
    else this.#starts.add(pointer);
  }

  /** Wakes what is due and begins whatever is ready; what is being closed is cancelled first. */
  beginReady(): void {
    if (!this.canGoOn) return;
    this.closure.resume();
    this.#wakeDue();
    for (const pointer of this.change.pointers) if (pointer.status === "Pending") this.enqueue(pointer);
  }

  beginBranch(pointer: Pointer, branch: number, stepKey: string, item: JsonValue): void {
    this.activate(stepKey, { parent: pointer.id, branch, item, saga: this.sagaInside(pointer) });
  }

  beginBranches(
    pointer: Pointer,
    stepKeys: readonly string[],
    items: readonly JsonValue[],
    limit: number,
  ): void {
    const first = this.change.instance.nextPointer;
    const saga = this.sagaInside(pointer);
    this.keep(pointer, { join: { total: items.length, done: 0, first } });
    items.forEach((item, branch) => {
      const stepKey = stepKeys[Math.min(branch, stepKeys.length - 1)]!;
      const status = branch < limit ? "Pending" : "Waiting";
      const made = this.change.create({ stepKey, parent: pointer.id, branch, item, saga, status });
      if (status === "Pending") this.enqueue(made);
    });
  }

  beginNext({ total, done, first }: Join, limit: number): void {
    const branch = limit + done - 1;
    // Where the run is about to end, the branch is settled already, and has its turn when the run is retried.
    if (branch >= total || this.change.instance.ending) return;
    this.enqueue(this.change.movePointer(first! + branch, "Pending"));
  }

  keep({ id }: Pointer, change: Partial<Pick<Pointer, "state" | "join">>): Pointer {
    return this.change.movePointer(id, this.change.pointer(id).status, change);
  }

  keepResult({ id }: Pointer): void {
    this.change.keep(id);
  }

  takeResults({ id }: Pointer, total: number): readonly JsonValue[] {
    const results: JsonValue[] = new Array(total).fill(null);
    for (const { id: child, parent, branch, status, output, undoes } of this.change.pointers) {
      if (parent !== id || undoes !== null || !isSettled(status)) continue;
      results[branch] = output;
      if (!this.isToBeUndone(this.change.pointer(child))) this.change.release(child);
    }
    return results;
  }

  fold({ id }: Pointer, branch: number): void {
    this.change.fold({ parent: id, branch });
  }

  sleepUntil({ id }: Pointer, dueAt: number): void {
    this.change.tellStep("StepWaiting", this.change.movePointer(id, "Sleeping", { dueAt, error: null }));
  }

  waitFor({ id }: Pointer, wait: EventWait, dueAt: number | null): void {
    this.change.tellStep("StepWaiting", this.change.movePointer(id, "Waiting", { wait, dueAt }));
    this.change.subscribe(id, wait);
  }

  complete(pointer: Pointer, output: JsonValue, outcome?: JsonValue): void {
    let data: JsonObject;
    try {
      data = this.mapOutput(pointer, output, this.data);
    } catch (error) {
      return this.failures.fail(pointer, error);
    }
    this.succeed(pointer, output, outcome, data);
  }

  /** An activation has succeeded, and its output is in the data. */
  succeed(pointer: Pointer, output: JsonValue, outcome: JsonValue | undefined, data: JsonObject): void {
    if (data !== this.data) this.change.set({ data });
    const settled = this.settle(pointer, "Complete", { output, error: null });
    if (this.stepOf(pointer).type === "saga") this.#leaveSaga(settled);
    this.follow(settled, outcome);
  }

  /** The data with the output of a step in it. Throws what the step's mapping throws. */
  mapOutput(pointer: Pointer, output: JsonValue, data: JsonObject): JsonObject {
    const map = this.program.code(pointer.stepKey).output;
    const patch = map?.(output, data, this.scopeOf(pointer)) as Readonly<Record<string, unknown>> | undefined;
    if (patch === undefined || patch === null) return data;
    if (typeof patch !== "object" || Array.isArray(patch)) {
      throw new TypeError(
        `Cannot map the output of step "${pointer.stepKey}": an object with the keys to replace is needed, received ${
          Array.isArray(patch) ? "an array" : typeof patch
        }`,
      );
    }
    // Members that are undefined are left out: that deletes their keys.
    return frozenJson({ ...data, ...patch } as JsonObject, "data", this.limits.data);
  }

  raise(pointer: Pointer, { error }: Join): void {
    this.failures.raise(pointer, error!);
  }

  close(pointer: Pointer, closing: Closing): void {
    this.closure.close(pointer, closing);
  }

  endRun(pointer: Pointer): void {
    // Until the run has ended, the sagas around it are found by it.
    const settled = this.settle(pointer, "Complete", { open: true });
    this.closure.end({ status: "Complete", error: null, reason: null, by: settled.id, undo: null });
  }

  /** An event has come for an activation that waits for it. */
  receive(pointer: Pointer, event: PublishedEvent): void {
    this.change.take(event);
    this.change.unsubscribe(pointer.id);
    const step = this.stepOf(pointer);
    const rules = rulesOf(step.type);
    if (rules) {
      const woken = this.change.movePointer(pointer.id, "Waiting", { wait: null, dueAt: null, event });
      this.apply(woken, () => rules.received!(this, woken, step, event));
    } else {
      this.enqueue(this.change.movePointer(pointer.id, "Pending", { wait: null, dueAt: null, event }));
    }
  }

  /** Records how an activation settled; the run needs it still where a saga around it may have to undo it. */
  settle(
    pointer: Pointer,
    status: SettledStatus,
    change: Partial<Omit<Pointer, "id" | "status">>,
  ): Pointer {
    const { id, wait, order } = pointer;
    if (wait !== null && pointer.status === "Waiting") this.change.unsubscribe(id);
    const settled = this.change.movePointer(id, status, {
      open: this.isToBeUndone(pointer),
      join: null,
      ...(status === "Complete" && { state: null, event: null }),
      ...(order !== null && { order }),
      ...change,
    });
    this.change.tellStep(`Step${status === "Complete" ? "Completed" : status}`, settled);
    return settled;
  }

  /** Begins what follows an activation; where nothing does, its branch ends. */
  follow(pointer: Pointer, outcome?: JsonValue): void {
    if (this.closure.settledInside(pointer)) return;
    const following = followingOf(this.stepOf(pointer), outcome);
    if (following.length === 0) return this.branchEnd(pointer);
    changeForks(this.change, pointer, following.length - 1);
    const { parent, branch, item, saga } = pointer;
    for (const stepKey of following) this.activate(stepKey, { parent, branch, item, saga });
  }

  /** A path through a branch has ended, by a failure or not; the branch with it, unless it has others. */
  branchEnd(pointer: Pointer, failed = false): void {
    const { parent } = pointer;
    if (hasForks(this.change, pointer)) return changeForks(this.change, pointer, -1);
    if (parent === null) return this.closure.finishFlow();
    const container = this.change.pointer(parent);
    const step = this.stepOf(container);
    const rules = rulesOf(step.type);
    if (rules) this.apply(container, () => rules.branchEnded!(this, container, step, pointer, failed));
    else this.apply(container, () => this.#bodyBranchEnded(container, pointer));
  }

  /** Runs what is ready, and gives the transition. */
  done(keepOwner = false): Advance {
    if (!this.#starts.isBlocked) this.closure.goOnEnding();
    do this.#starts.run(); while (this.cancels.run());
    const { change } = this;
    const { obstacle } = this.#starts;
    if (obstacle === null) return change.done(keepOwner);
    change.set({ parkedReason: obstacle });
    change.tellRun("WorkflowParked", obstacle);
    return change.done();
  }

  /** The innermost saga of what is inside an activation. */
  sagaInside(pointer: Pointer): number | null {
    return this.stepOf(pointer).type === "saga" ? pointer.id : pointer.saga;
  }

  /** Whether an open saga may have to undo an activation that has been started. */
  isToBeUndone({ saga, undoes, stepKey, startedAt }: Pointer): boolean {
    if (saga === null || undoes !== null || startedAt === null) return false;
    const step = this.program.step(stepKey);
    // A saga that is done is what its activations are found by, as long as one around it is open.
    return step.undo !== undefined || step.type === "saga";
  }

  /** What an expression throws is a failure of its step. */
  apply({ id }: Pointer, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failures.fail(this.change.pointer(id), error);
    }
  }

  /** While the run is suspended, timers stand still. */
  #wakeDue(): void {
    for (const { id } of this.change.pointers) {
      const pointer = this.isGoing ? this.change.find(id) : undefined;
      if (!pointer || isSettled(pointer.status) || pointer.dueAt === null || pointer.dueAt > this.now) {
        continue;
      }
      this.#wake(pointer);
    }
  }

  /** The time that an activation slept or waited for is over. */
  #wake(pointer: Pointer): void {
    const step = this.stepOf(pointer);
    const rules = rulesOf(step.type);
    const { id, status, wait, error } = pointer;
    if (status === "Waiting") {
      this.change.unsubscribe(id);
      const woken = this.change.movePointer(id, "Waiting", { dueAt: null, wait: null });
      // The rules name what was waited for in the error.
      if (rules?.due) return this.apply(woken, () => rules.due!(this, { ...woken, wait }, step));
      return this.failures.timeOut(woken, wait!);
    }
    // What sleeps with an error waits for its next attempt.
    if (rules?.due && error === null && pointer.undoes === null) {
      return this.apply(pointer, () => rules.due!(this, pointer, step));
    }
    this.enqueue(this.change.movePointer(id, "Pending", { dueAt: null }));
  }

  /** Branches that a body asked for: when all have ended, it is entered again with their results. */
  #bodyBranchEnded(pointer: Pointer, last: Pointer): void {
    const before = pointer.join!;
    const join = { ...before, done: before.done + 1 };
    this.keepResult(last);
    if (join.done < join.total) return void this.keep(pointer, { join });
    const results = frozenJson(this.takeResults(pointer, join.total), "branches", this.limits.output);
    this.enqueue(this.change.movePointer(pointer.id, "Pending", { join: { ...join, results } }));
  }

  /** The outermost saga has succeeded: nothing of it will be undone. */
  #leaveSaga(saga: Pointer): void {
    if (saga.saga !== null) return;
    const inside = new Set([saga.id]);
    for (const { id, saga: around, status } of this.change.pointers) {
      if (around === null || !inside.has(around)) continue;
      inside.add(id);
      if (isSettled(status)) this.change.release(id);
    }
  }
}
