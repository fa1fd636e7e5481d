import { getStep, type WorkflowDefinition } from "../definition/definition.ts";
import { ErrorBehavior, type ErrorPolicy } from "../definition/error_behavior.ts";
import type { LogStream } from "../definition/step_context.ts";
import { parkInstance, releaseInstance } from "../instance/claim.ts";
import { readMail } from "../instance/control.ts";
import type { InstanceState, Pointer } from "../instance/instance.ts";
import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import { holdResource, settleFailure, settleSleep, settleSuccess } from "../instance/settle.ts";
import type { Advance, Moment } from "../instance/transition.ts";
import type { LogLine, Persistence } from "../provider/persistence.ts";
import { Attempt, type Outcome } from "./attempt.ts";
import type { Clock } from "./clock.ts";
import type { Committer } from "./committer.ts";
import type { StepInterruptedError } from "./errors.ts";
import type { Listeners } from "./listeners.ts";
import type { LogWriter } from "./log_writer.ts";
import type { Random } from "./random.ts";
import type { Registry } from "./registry.ts";

/** What all runners of a host share. */
export interface RunnerServices {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** Writes transitions. */
  readonly committer: Committer;
  /** Stores log lines. */
  readonly logs: LogWriter;
  /** Finds step bodies. */
  readonly registry: Registry;
  /** Hears of what was recorded. */
  readonly events: Listeners<LifecycleEvent>;
  /** Time for timeouts. */
  readonly clock: Clock;
  /** Chance for jitter. */
  readonly random: Random;
}

/** Why a runner ends before its run does. */
type Ending = { readonly kind: "release" } | { readonly kind: "park"; readonly reason: string };

/** For code: a step without a policy anywhere is tried four times. Executors' steps fail at once. */
const codePolicy = ErrorBehavior.retry({ interval: "1s", maxRetries: 3, backoff: 2, jitter: 0.1 });

/**
 * Runs one claimed instance in memory until it has nothing ready. Transitions are computed on the last submitted
 * state and written in that order; the bodies that one starts begin after its acknowledgement.
 */
export class InstanceRunner {
  readonly #services: RunnerServices;
  readonly #definition: WorkflowDefinition;
  readonly #attempts = new Map<number, Attempt>();
  #state: InstanceState;
  #ending: Ending | null = null;
  #mailWaits: boolean;
  #unwritten = 0;
  #finishing = false;
  #lost: Error | null = null;
  readonly #done = Promise.withResolvers<number | null>();

  /** `claimed` is the state that is already written, with its ready pointers Running. */
  constructor(claimed: InstanceState, definition: WorkflowDefinition, services: RunnerServices) {
    this.#state = claimed;
    this.#definition = definition;
    this.#services = services;
    this.#mailWaits = claimed.instance.inboxSeq > claimed.instance.inboxRead;
    this.#startAttempts(claimed.pointers.values());
    this.#continue();
  }

  /**
   * Resolves, when the host lets go of the run, with the time at which it is due again by itself, or null. Rejects
   * when the host lost the run, or could not write.
   */
  get done(): Promise<number | null> {
    return this.#done.promise;
  }

  /** There is mail: it is read as soon as no step runs; a cancel cuts the running steps short. */
  async notify(): Promise<void> {
    this.#mailWaits = true;
    const { id, inboxRead, owner } = this.#state.instance;
    if (owner === null) return;
    try {
      const mail = await this.#services.persistence.mail(id, inboxRead);
      if (mail.some(({ intent }) => intent === "cancel")) this.interrupt("cancel");
      this.#continue();
    } catch (error) {
      this.abandon(error as Error);
    }
  }

  /** Starts no further step, and lets the run go when those that run have ended. */
  drain(): void {
    this.#ending ??= { kind: "release" };
    this.#continue();
  }

  /** Cuts the running steps short. */
  interrupt(trigger: StepInterruptedError["trigger"]): void {
    for (const attempt of this.#attempts.values()) attempt.interrupt(trigger);
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
    const begin = this.#ending === null && !this.#mailWaits;
    return { now: persistence.now(), random: random.number(), begin };
  }

  /** Starts the bodies of the pointers that are Running by what has just been written. */
  #startAttempts(written: Iterable<Pointer>): void {
    for (const pointer of written) {
      if (pointer.status !== "Running" || this.#attempts.has(pointer.id) || this.#ending || this.#lost) {
        continue;
      }
      const body = this.#services.registry.bodyOf(this.#definition, pointer.stepKey);
      if (typeof body === "function") this.#start(pointer, body);
      else this.#ending = { kind: "park", reason: body.missing };
    }
  }

  #start(pointer: Pointer, body: ConstructorParameters<typeof Attempt>[0]): void {
    const { persistence, clock, logs } = this.#services;
    const { instance } = this.#state;
    const origin = { runId: instance.id, pointerId: pointer.id, attempt: pointer.attempt };
    const attempt = new Attempt(body, {
      instance,
      pointer,
      step: getStep(this.#definition, pointer.stepKey),
      log: (stream: LogStream, text: string) => {
        const line: LogLine = { ...origin, stream, text: String(text), at: persistence.now() };
        logs.write(line);
      },
      hold: async (held) => {
        if (this.#attempts.get(pointer.id) !== attempt) {
          throw new Error(`Cannot hold something for step "${pointer.stepKey}": the attempt is over`);
        }
        await this.#write(holdResource(this.#state, pointer.id, held, this.#moment()));
        if (this.#lost) throw this.#lost;
      },
    }, clock);
    this.#attempts.set(pointer.id, attempt);
    attempt.outcome.then((outcome) => this.#settle(pointer.id, outcome)).catch((error) => {
      this.#attempts.delete(pointer.id);
      this.abandon(error);
    });
  }

  async #settle(pointerId: number, outcome: Outcome): Promise<void> {
    await this.#services.logs.flush(this.#state.instance.id).catch((error) => this.abandon(error));
    // An interrupted attempt stays Running until the run is released or cancelled as a whole.
    if (!this.#lost && outcome.kind !== "interrupted") await this.#write(this.#advance(pointerId, outcome));
    this.#attempts.delete(pointerId);
    this.#continue();
  }

  #advance(pointerId: number, outcome: Exclude<Outcome, { kind: "interrupted" }>): Advance {
    const state = this.#state;
    const moment = this.#moment();
    switch (outcome.kind) {
      case "next":
        try {
          return settleSuccess(state, this.#definition, pointerId, outcome, moment);
        } catch (thrown) {
          return this.#advance(pointerId, { kind: "failed", thrown });
        }
      case "sleep":
        return settleSleep(state, pointerId, outcome, moment);
      case "failed":
        return settleFailure(state, pointerId, outcome.thrown, this.#policyOf(pointerId), moment);
    }
  }

  #policyOf(pointerId: number): ErrorPolicy {
    const step = getStep(this.#definition, this.#state.pointers.get(pointerId)!.stepKey);
    return step.onError ?? this.#definition.onError ??
      (step.type === "code" ? codePolicy : ErrorBehavior.fail());
  }

  async #write(advance: Advance): Promise<void> {
    const { committer, events } = this.#services;
    this.#state = advance.state;
    this.#unwritten++;
    const outcome = await committer.submit(advance.transition);
    this.#unwritten--;
    if (!outcome.committed) return this.abandon(outcome.error);
    advance.transition.events.forEach((event) => events.tell(event));
    this.#startAttempts(advance.transition.pointers);
    if (outcome.inboxSeq > advance.transition.instance.inboxRead) void this.notify();
  }

  /** Looks what is left to do once nothing runs and everything is written. */
  #continue(): void {
    if (this.#attempts.size > 0 || this.#unwritten > 0 || this.#finishing) return;
    const { instance } = this.#state;
    if (this.#lost) return this.#done.reject(this.#lost);
    // A message that came while the run was let go makes it due at once.
    if (instance.owner === null) return this.#done.resolve(this.#mailWaits ? 0 : instance.nextWake);
    this.#finishing = true;
    this.#finish().catch((error) => this.abandon(error)).finally(() => {
      this.#finishing = false;
      this.#continue();
    });
  }

  async #finish(): Promise<void> {
    const { persistence } = this.#services;
    const { id, inboxRead } = this.#state.instance;
    if (this.#mailWaits && this.#ending?.kind !== "park") {
      this.#mailWaits = false;
      const mail = await persistence.mail(id, inboxRead);
      await this.#write(readMail(this.#state, mail, this.#moment()));
    } else if (this.#ending?.kind === "park") {
      await this.#write(parkInstance(this.#state, this.#ending.reason, this.#moment()));
    } else {
      await this.#write(releaseInstance(this.#state, this.#moment()));
    }
  }
}
