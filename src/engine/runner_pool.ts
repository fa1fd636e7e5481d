import { parkInstance } from "../flow/claim.ts";
import type { Instance } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import { isEnded } from "../instance/status.ts";
import type { Advance } from "../instance/transition.ts";
import { asStoreError, LeaseLostError } from "../provider/errors.ts";
import type { CommitOutcome } from "../provider/persistence.ts";
import { abortGrace } from "./attempt.ts";
import { type Held, probation } from "./claim_loop.ts";
import { pause } from "./clock.ts";
import type { StepInterruptedError } from "./errors.ts";
import { InstanceRunner } from "./instance_runner.ts";
import type { RunnerServices } from "./runner_services.ts";
import { telemetry } from "./telemetry.ts";

/** What a pool tells its host. */
export interface PoolNotices {
  /** A run, as it is written, has left the pool; `nextWake` is when it is due again, if by itself. */
  readonly left: (instance: Instance, nextWake: number | null) => void;
  /** A run could not be gone on with: its lease was lost, or its store failed. */
  readonly lost: (runId: string, error: Error) => void;
}

/** A run that has cost hosts. */
interface Suspect {
  /** How many. */
  readonly crashes: number;
  /** When it was taken, by the monotonic clock. */
  readonly takenAt: number;
}

/** The instances that a host runs now. */
export class RunnerPool {
  readonly #services: RunnerServices;
  readonly #notices: PoolNotices;
  readonly #runners = new Map<string, InstanceRunner>();
  /** What is under way for the runs that are held, from the claim to the last word. */
  readonly #held = new Map<string, Promise<void>>();
  /** Those that had cost hosts when they were taken. */
  readonly #suspects = new Map<string, Suspect>();
  /** Held runs that have had mail before their runner was made, or after it had let go. */
  readonly #notified = new Set<string>();
  #draining = false;

  constructor(services: RunnerServices, notices: PoolNotices) {
    this.#services = services;
    this.#notices = notices;
  }

  /** How many runs are held, and the greatest count of crashes among those on probation. */
  get held(): Held {
    let most = 0;
    const now = this.#services.clock.monotonic();
    for (const [runId, { crashes, takenAt }] of this.#suspects) {
      if (now - takenAt >= probation(crashes)) continue;
      // What has settled since shows that the run does not kill its host.
      most = Math.max(most, this.#runners.get(runId)?.instance.crashes ?? crashes);
    }
    return { size: this.#held.size, crashes: most };
  }

  /** A run as it is written, where its runner knows. */
  written(runId: string): Instance | undefined {
    return this.#runners.get(runId)?.written;
  }

  /** The runs that run now, each with its epoch. */
  get epochs(): ReadonlyMap<string, number> {
    const epochs = new Map<string, number>();
    for (const [runId, { instance: { owner, epoch } }] of this.#runners) {
      // One that is about to be let go may be claimed by anybody.
      if (owner !== null) epochs.set(runId, epoch);
    }
    return epochs;
  }

  /** The runs of which steps are running. */
  get busy(): readonly string[] {
    return [...this.#runners].filter(([, runner]) => runner.isBusy).map(([runId]) => runId);
  }

  /** How many runs are held. */
  get size(): number {
    return this.#held.size;
  }

  /** Whether a run is held. */
  has(runId: string): boolean {
    return this.#held.has(runId);
  }

  /**
   * Runs what was claimed for this host. Where the same run is still held under an earlier epoch, its bodies end
   * before the new ones begin.
   */
  take({ state, transition }: Advance): void {
    const { id, epoch, crashes } = state.instance;
    for (const event of transition.events) this.#services.events.tell(event);
    const before = this.#held.get(id);
    this.#runners.get(id)?.abandon(new LeaseLostError(id, epoch - 1));
    // Messages that come, or have come since the claim, find the runner of before, which reads none any more.
    if (before) this.#notified.add(id);
    const begin = () =>
      telemetry ? telemetry.within(state.instance, () => this.#run(state)) : this.#run(state);
    const run = (before ? before.then(begin) : begin()).then((tell) => {
      const isHeldAgain = this.#held.get(id) !== run;
      if (!isHeldAgain) {
        this.#held.delete(id);
        this.#suspects.delete(id);
      }
      // A message that came while the run was leaving is read by whoever claims the run.
      tell(!isHeldAgain && this.#notified.delete(id));
    });
    this.#held.set(id, run);
    if (crashes > 0) this.#suspects.set(id, { crashes, takenAt: this.#services.clock.monotonic() });
    else this.#suspects.delete(id);
  }

  /** There is mail for a run. Returns whether it is held here. */
  notify(runId: string): boolean {
    if (this.#runners.get(runId)?.notify()) return true;
    if (!this.#held.has(runId)) return false;
    this.#notified.add(runId);
    return true;
  }

  /** Starts no further step from now on. */
  beginDrain(): void {
    this.#draining = true;
    this.#runners.forEach((runner) => runner.drain());
  }

  /** Resolves when all runs have left. */
  async drained(): Promise<void> {
    while (this.#held.size > 0) await Promise.all(this.#held.values());
  }

  /** Cuts all running steps short. */
  interrupt(trigger: StepInterruptedError["trigger"]): void {
    this.#runners.forEach((runner) => runner.interrupt(trigger));
  }

  /** Forgets a run that was ended from outside. */
  abandon(runId: string): void {
    this.#runners.get(runId)?.abandon(new LeaseLostError(runId, 0));
  }

  /** Forgets all runs: the host's lease is over. */
  abandonAll(): void {
    for (const runId of this.#runners.keys()) this.abandon(runId);
  }

  /**
   * Runs an instance until the host lets it go; returns what to tell when it is held no more, given whether there has
   * been mail meanwhile.
   */
  async #run(state: InstanceState): Promise<(hasMail: boolean) => void> {
    const { id } = state.instance;
    const { registry, persistence } = this.#services;
    try {
      const program = registry.knownProgram(state.instance) ??
        await registry.programOf(state.instance, persistence);
      if ("reason" in program) {
        const parked = await this.#park(state, program.reason);
        registry.noteLacking(state.instance);
        return (hasMail) => this.#notices.left(parked, hasMail ? 0 : null);
      }
      const runner = new InstanceRunner(state, program, this.#services);
      this.#runners.set(id, runner);
      if (this.#notified.delete(id)) runner.notify();
      if (this.#draining) runner.drain();
      const nextWake = await runner.done.finally(() => this.#runners.delete(id));
      await this.tellEnd(runner.instance);
      return (hasMail) => this.#notices.left(runner.written, hasMail ? 0 : nextWake);
    } catch (error) {
      return () => this.#notices.lost(id, error instanceof Error ? error : asStoreError(error));
    }
  }

  /**
   * Middleware that fails, or does not return, at the end of a run harms neither the run, which is recorded, nor the
   * engine.
   */
  async tellEnd(instance: Instance): Promise<void> {
    const { middlewares, clock } = this.#services;
    if (!isEnded(instance.status)) return;
    telemetry?.ended(instance);
    if (!middlewares.watchesEnds) return;
    const over = new AbortController();
    const told = middlewares.aroundEnd(instance, () => Promise.resolve()).catch((error) => {
      console.error(`Middleware failed at the end of run ${instance.id}:`, error);
    }).finally(() => over.abort());
    const inVain = pause(clock, abortGrace, over.signal).then(() => {
      if (over.signal.aborted) return;
      console.error(
        `Middleware has not returned within 10 s at the end of run ${instance.id}: it is not waited for any longer`,
      );
    });
    await Promise.race([told, inVain]);
  }

  async #park(state: InstanceState, reason: string): Promise<Instance> {
    const { persistence, committer, events } = this.#services;
    const { transition } = parkInstance(state, reason, { now: persistence.now(), random: 0, begin: false });
    const outcome = await new Promise<CommitOutcome>((resolve) => committer.submit(transition, resolve));
    if (!outcome.committed) throw outcome.error;
    for (const event of transition.events) events.tell(event);
    return transition.instance;
  }
}
