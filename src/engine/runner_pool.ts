import { parkInstance } from "../instance/claim.ts";
import type { InstanceState } from "../instance/instance.ts";
import type { Advance } from "../instance/transition.ts";
import { asStoreError, LeaseLostError } from "../provider/errors.ts";
import type { StepInterruptedError } from "./errors.ts";
import { InstanceRunner, type RunnerServices } from "./instance_runner.ts";

/** What a pool tells its host. */
export interface PoolNotices {
  /** A run has left the pool; `nextWake` is when it is due again, if by itself. */
  readonly left: (runId: string, nextWake: number | null) => void;
  /** A run could not be gone on with: its lease was lost, or its store failed. */
  readonly lost: (runId: string, error: Error) => void;
}

/** The instances that a host runs now. */
export class RunnerPool {
  readonly #services: RunnerServices;
  readonly #notices: PoolNotices;
  readonly #runners = new Map<string, InstanceRunner>();
  /** Runs that are held, from the claim to the last word, each with what is under way for it. */
  readonly #held = new Map<string, Promise<void>>();
  /** Held runs that have had mail before their runner was made. */
  readonly #notified = new Set<string>();
  #draining = false;

  constructor(services: RunnerServices, notices: PoolNotices) {
    this.#services = services;
    this.#notices = notices;
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
    const { id, epoch } = state.instance;
    transition.events.forEach((event) => this.#services.events.tell(event));
    const before = this.#held.get(id);
    this.#runners.get(id)?.abandon(new LeaseLostError(id, epoch - 1));
    const run = Promise.resolve(before).then(() => this.#run(state)).then((tell) => {
      if (this.#held.get(id) === run) this.#held.delete(id);
      tell();
    });
    this.#held.set(id, run);
  }

  /** There is mail for a run. */
  async notify(runId: string): Promise<void> {
    const runner = this.#runners.get(runId);
    if (runner) await runner.notify();
    else if (this.#held.has(runId)) this.#notified.add(runId);
  }

  /** Starts no further step. Resolves when all runs have left. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#runners.forEach((runner) => runner.drain());
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

  /** Runs an instance until the host lets it go; returns what to tell when it is held no more. */
  async #run(state: InstanceState): Promise<() => void> {
    const { id } = state.instance;
    const { registry, persistence } = this.#services;
    try {
      const definition = await registry.definitionOf(state.instance, persistence);
      if (!definition) {
        await this.#park(state, `its definition ${state.instance.definitionHash} is not stored`);
        return () => this.#notices.left(id, null);
      }
      const runner = new InstanceRunner(state, definition, this.#services);
      this.#runners.set(id, runner);
      if (this.#notified.delete(id)) void runner.notify();
      if (this.#draining) runner.drain();
      const nextWake = await runner.done.finally(() => this.#runners.delete(id));
      return () => this.#notices.left(id, nextWake);
    } catch (error) {
      return () => this.#notices.lost(id, error instanceof Error ? error : asStoreError(error));
    }
  }

  async #park(state: InstanceState, reason: string): Promise<void> {
    const { persistence, committer, events } = this.#services;
    const { transition } = parkInstance(state, reason, { now: persistence.now(), random: 0, begin: false });
    const outcome = await committer.submit(transition);
    if (!outcome.committed) throw outcome.error;
    transition.events.forEach((event) => events.tell(event));
  }
}
