import { releaseInstance } from "../flow/claim.ts";
import { readMail } from "../flow/control.ts";
import type { Program } from "../flow/program.ts";
import { type Holding, recordHolding } from "../flow/settle.ts";
import { wakeInstance } from "../flow/wake.ts";
import type { Instance, Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import { isBusy } from "../instance/status.ts";
import { type Advance, type Moment, type Transition, underLocks } from "../instance/transition.ts";
import { LeaseLostError, LockLostError } from "../provider/errors.ts";
import type { CommitOutcome } from "../provider/persistence.ts";
import type { Outcome } from "./attempt.ts";
import type { StepInterruptedError } from "./errors.ts";
import { type AttemptPlace, makeAttempt } from "./make_attempt.ts";
import type { RunnerServices } from "./runner_services.ts";
import { RunSecrets } from "./run_secrets.ts";
import { RunningBodies } from "./running_bodies.ts";
import { settleOutcome } from "./settle_outcome.ts";
import { StepLocks } from "./step_locks.ts";
import { telemetry } from "./telemetry.ts";

type Written = CommitOutcome & { readonly committed: true };

/**
 * Runs one claimed instance in memory until it has nothing ready. Transitions are computed on the last submitted
 * state and written in that order; the bodies that one starts begin after its acknowledgement.
 */
export class InstanceRunner {
  readonly #services: RunnerServices;
  readonly #program: Program;
  readonly #bodies: RunningBodies;
  /** The locks of bodies that have taken any, by activation. */
  readonly #locks = new Map<number, StepLocks>();
  /** As submitted: what the next transition is computed on. */
  #state: InstanceState;
  /** As acknowledged: what bodies see. */
  #written: Instance;
  #draining = false;
  #mailWaits: boolean;
  #reading = false;
  /** Waits that are not written yet, or were not when the mail was asked for, with the number of their transition. */
  readonly #newWaits = new Map<number, number>();
  #unwritten = 0;
  #timer: Disposable | null = null;
  #timerDue = Infinity;
  #lost: Error | null = null;
  #isOver = false;
  readonly #done = Promise.withResolvers<number | null>();

  /** `claimed` is the state that is already written, with its ready pointers begun. */
  constructor(claimed: InstanceState, program: Program, services: RunnerServices) {
    this.#state = claimed;
    this.#written = claimed.instance;
    this.#program = program;
    this.#services = services;
    const { definition } = program;
    const place: AttemptPlace = {
      services,
      program,
      state: () => this.#state,
      written: () => this.#written,
      secrets: definition.secrets ? new RunSecrets(definition, services.secrets) : null,
      counts: (pointer) => this.#bodies.runs(pointer) && !this.#lost,
      hold: (pointer, holding) => this.#hold(pointer, holding),
      lock: async (pointer, name, options) => {
        this.#refuseWhereOver(pointer, `take lock ${JSON.stringify(name)}`);
        const locks = this.#locks.getOrInsertComputed(pointer.id, () => new StepLocks(services.locks));
        return await locks.take(name, options);
      },
    };
    this.#bodies = new RunningBodies({
      runId: claimed.instance.id,
      slots: services.slots,
      mayBegin: () => services.mayBegin() && this.#state.instance.status !== "Suspended",
      attempt: (pointer, over) => makeAttempt(place, pointer, over),
      over: (pointer, outcome) => this.#settle(pointer, outcome),
    });
    this.#mailWaits = claimed.instance.inboxSeq > claimed.instance.inboxRead;
    this.#setTimer();
    for (const pointer of claimed.pointers) this.#startBody(pointer);
    this.#continue();
  }

  /**
   * Resolves, when the host lets go of the run, with the time at which it is due again by itself, or null. Rejects
   * when the host lost the run, or could not write.
   */
  get done(): Promise<number | null> {
    return this.#done.promise;
  }

  /** The run as far as it has been submitted. */
  get instance(): Instance {
    return this.#state.instance;
  }

  /** The run as far as it is written. */
  get written(): Instance {
    return this.#written;
  }

  /** Whether a step of it is running. */
  get isBusy(): boolean {
    return this.#bodies.size > 0;
  }

  /** There is mail. Returns whether it will be read, or the run found due: false when it has been let go already. */
  notify(): boolean {
    if (this.#isOver) return false;
    this.#mailWaits = true;
    this.#continue();
    return true;
  }

  /** Starts no further step, and lets the run go when those that run have ended. */
  drain(): void {
    this.#draining = true;
    this.#bodies.giveUpWaiting();
    this.#continue();
  }

  /** Cuts the running steps short. */
  interrupt(trigger: StepInterruptedError["trigger"]): void {
    this.#bodies.interrupt(trigger);
  }

  /** Forgets the run: it belongs to somebody else now, or the store refuses it. */
  abandon(error: Error): void {
    if (this.#lost) return;
    this.#lost = error;
    this.interrupt("lease");
    this.#continue();
  }

  #moment(): Moment {
    const { persistence, random } = this.#services;
    return { now: persistence.now(), random: random.number(), begin: !this.#draining };
  }

  /** Starts the body of a pointer that is busy by what has just been written. */
  #startBody({ id, attempt }: Pointer): void {
    const pointer = this.#state.pointers.get(id);
    if (!pointer || !isBusy(pointer.status) || pointer.attempt !== attempt) return;
    if (!this.#draining && !this.#lost) this.#bodies.start(pointer);
  }

  async #hold(pointer: Pointer, holding: Holding): Promise<void> {
    this.#refuseWhereOver(pointer, "hold something");
    const advance = recordHolding(this.#state, pointer.id, holding, this.#moment());
    await new Promise((resolve) => this.#write(advance, resolve));
    if (this.#lost) throw this.#lost;
  }

  #refuseWhereOver(pointer: Pointer, what: string): void {
    if (this.#bodies.runs(pointer)) return;
    throw new Error(`Cannot ${what} for step "${pointer.stepKey}": the attempt is over`);
  }

  #settle(pointer: Pointer, outcome: Outcome): void {
    const { logs, notes } = this.#services;
    const { id } = pointer;
    const hasFailed = outcome.kind === "failed";
    if (outcome.kind !== "paused") notes.forget(this.#state.instance.id, pointer);
    const settle = (): void => {
      this.#bodies.remove(pointer);
      // Not earlier: until here the attempt may ask for locks.
      const locks = this.#locks.get(id);
      this.#locks.delete(id);
      locks?.end();
      // A body whose activation was ended meanwhile has nothing more to say.
      const current = this.#state.pointers.get(id);
      const counts = current && isBusy(current.status) && current.attempt === pointer.attempt && !this.#lost;
      const advance = counts && this.#guard(() => {
        const settled = settleOutcome(this.#state, this.#program, id, outcome, this.#moment());
        // That it has failed may be told by whoever it was.
        return settled && locks && !hasFailed ? underLocks(settled, locks.fences()) : settled;
      });
      const free = locks && ((isWritten: boolean) => locks.release(isWritten && !hasFailed));
      if (advance) this.#write(advance, free);
      else free?.(false);
      this.#continue();
    };
    const flushed = logs.flush(this.#state.instance.id);
    if (!flushed) return settle();
    flushed.catch((error) => this.abandon(error)).then(settle);
  }

  /** Calls back when the transition is written, or refused. */
  #write(advance: Advance, over?: (isWritten: boolean) => void): void {
    this.#state = advance.state;
    this.#unwritten++;
    const { subscribed, sequence } = advance.transition;
    for (const { pointerId } of subscribed) this.#newWaits.set(pointerId, sequence);
    this.#services.committer.submit(advance.transition, (outcome) => {
      this.#answered(advance, outcome);
      over?.(outcome.committed);
    });
  }

  #answered(advance: Advance, outcome: CommitOutcome): void {
    this.#unwritten--;
    if (outcome.committed) {
      this.#guard(() => this.#acknowledged(advance, outcome));
    } else {
      const { error } = outcome;
      if (!this.#lost && error instanceof LeaseLostError) telemetry?.leasesLost(1, "refused");
      if (error instanceof LockLostError) this.#services.locks.learn(error);
      this.abandon(outcome.error);
    }
    this.#continue();
  }

  /** What a transition brings about once it is written. */
  #acknowledged({ state, transition }: Advance, outcome: Written): void {
    const { events, woken } = this.#services;
    this.#written = state.instance;
    if (!this.#reading && this.#unwritten === 0) this.#newWaits.clear();
    for (const event of transition.events) events.tell(event);
    if (outcome.woken.length > 0) woken(outcome.woken);
    this.#cutShort(transition);
    for (const pointer of transition.pointers) if (isBusy(pointer.status)) this.#startBody(pointer);
    if (state.instance.status === "Suspended") this.#bodies.giveUpWaiting();
    if (outcome.inboxSeq > this.#state.instance.inboxRead) this.#mailWaits = true;
    this.#setTimer();
  }

  /** Ends bodies whose activations are being closed, or are over already. */
  #cutShort({ aborted, pointers }: Transition): void {
    for (const id of aborted) this.#bodies.end(id);
    for (const { id } of pointers) {
      const pointer = this.#state.pointers.get(id);
      if (!pointer || !isBusy(pointer.status)) this.#bodies.end(id);
    }
  }

  /** While the run is held because something runs, its sleepers are woken from here. */
  #setTimer(): void {
    const { instance, pointers } = this.#state;
    const due = instance.owner === null || instance.status !== "Runnable" ? null : pointers.earliestDue;
    if (due === this.#timerDue || due === null && this.#timer === null) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#timerDue = due ?? Infinity;
    if (due === null) return;
    const { clock, persistence } = this.#services;
    this.#timer = clock.schedule(due - persistence.now(), () => {
      this.#timer = null;
      this.#timerDue = Infinity;
      if (!this.#isOver && !this.#lost && !this.#draining) this.#wake();
    });
  }

  #wake(): void {
    // Given up in what is being written: whoever claims it wakes what is due.
    if (this.#state.instance.owner === null) return;
    this.#guard(() => {
      const advance = wakeInstance(this.#state, this.#program, this.#moment());
      if (advance) this.#write(advance);
      else this.#setTimer();
    });
  }

  /** A defect met in one run gives up that run, and harms neither the others nor the program. */
  #guard<Result>(action: () => Result): Result | null {
    try {
      return action();
    } catch (error) {
      this.abandon(error as Error);
      return null;
    }
  }

  /** Looks what is to be done next. */
  #continue(): void {
    if (!this.#isOver) this.#guard(() => this.#goOn());
  }

  #goOn(): void {
    const { instance, pointers } = this.#state;
    if (!this.#lost && this.#mailWaits && !this.#reading && instance.owner !== null) return this.#read();
    if (this.#unwritten > 0 || this.#reading) return;
    if (this.#lost || instance.owner === null) {
      // What was cut short has its grace to end in.
      if (this.#bodies.size === 0) this.#finish();
      return;
    }
    if (pointers.pending > 0 && instance.status === "Runnable" && !this.#draining) {
      const advance = wakeInstance(this.#state, this.#program, this.#moment());
      if (advance) return this.#write(advance);
    }
    if (this.#bodies.size === 0) this.#write(releaseInstance(this.#state, this.#moment()));
  }

  #finish(): void {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
    const { instance } = this.#state;
    if (this.#lost) return this.#done.reject(this.#lost);
    if (instance.parkedReason !== null) this.#services.registry.noteLacking(instance);
    // A message that came while the run was let go makes it due at once.
    this.#done.resolve(this.#mailWaits ? 0 : instance.nextWake);
  }

  #read(): void {
    this.#reading = true;
    this.#mailWaits = false;
    const { id, inboxRead } = this.#state.instance;
    const { sequence: written } = this.#written;
    this.#services.persistence.mail(id, inboxRead).then((mail) => {
      this.#reading = false;
      if (!this.#lost && mail.length > 0 && this.#state.instance.owner !== null) {
        const deaf = new Set<number>();
        for (const [pointerId, sequence] of this.#newWaits) if (sequence > written) deaf.add(pointerId);
        this.#write(readMail(this.#state, this.#program, mail, this.#moment(), deaf));
      } else if (mail.length > 0) this.#mailWaits = true;
      this.#continue();
    }).catch((error) => {
      this.#reading = false;
      this.abandon(error as Error);
      this.#continue();
    });
  }
}
