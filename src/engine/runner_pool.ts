import type { InstanceState } from "../instance/instance.ts";
import { parkInstance } from "../instance/claim.ts";
import type { Advance } from "../instance/transition.ts";
import { asStoreError } from "../provider/errors.ts";
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
  readonly #open = new Set<Promise<void>>();
  #draining = false;

  constructor(services: RunnerServices, notices: PoolNotices) {
    this.#services = services;
    this.#notices = notices;
  }

  /** How many runs are held. */
  get size(): number {
    return this.#open.size;
  }

  /** Runs what was claimed for this host. */
  take({ state, transition }: Advance): void {
    transition.events.forEach((event) => this.#services.events.tell(event));
    const run = this.#run(state).finally(() => this.#open.delete(run));
    this.#open.add(run);
  }

  /** The runner of a run, while it is held here. */
  get(runId: string): InstanceRunner | undefined {
    return this.#runners.get(runId);
  }

  /** Starts no further step. Resolves when all runs have left. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#runners.forEach((runner) => runner.drain());
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  /** Cuts all running steps short. */
  interrupt(trigger: StepInterruptedError["trigger"]): void {
    this.#runners.forEach((runner) => runner.interrupt(trigger));
  }

  /** Forgets all runs. */
  abandon(error: Error): void {
    this.#runners.forEach((runner) => runner.abandon(error));
  }

  async #run(state: InstanceState): Promise<void> {
    const { id } = state.instance;
    const { registry, persistence } = this.#services;
    try {
      const definition = await registry.definitionOf(state.instance, persistence);
      if (!definition) {
        return await this.#park(state, `its definition ${state.instance.definitionHash} is not stored`);
      }
      const runner = new InstanceRunner(state, definition, this.#services);
      this.#runners.set(id, runner);
      if (this.#draining) runner.drain();
      const { nextWake } = await runner.done.finally(() => this.#runners.delete(id));
      this.#notices.left(id, nextWake);
    } catch (error) {
      this.#notices.lost(id, error instanceof Error ? error : asStoreError(error));
    }
  }

  async #park(state: InstanceState, reason: string): Promise<void> {
    const { persistence, committer, events } = this.#services;
    const { transition } = parkInstance(state, reason, { now: persistence.now(), random: 0, begin: false });
    const { committed } = await committer.submit(transition);
    if (committed) transition.events.forEach((event) => events.tell(event));
    this.#notices.left(state.instance.id, null);
  }
}
