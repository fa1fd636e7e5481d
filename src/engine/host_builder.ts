import type { StepExecutor } from "../definition/step_body.ts";
import type { Persistence } from "../provider/persistence.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type HostOptions, WorkflowHost } from "./host.ts";
import { type Random, systemRandom } from "./random.ts";

/**
 * Wires the roles of a host. Immutable: each call returns a new builder. Without a persistence provider, runs live in
 * memory and end with the process.
 */
export class WorkflowHostBuilder {
  readonly #options: Partial<HostOptions>;

  /** Begins with the given options; without any, a host that keeps runs in memory and runs code steps. */
  constructor(options: Partial<HostOptions> = {}) {
    this.#options = options;
  }

  /** Keeps runs here. The provider is not closed by the host. */
  usePersistence(persistence: Persistence): WorkflowHostBuilder {
    return this.#with({ persistence });
  }

  /** Runs the steps of one more type. */
  useExecutor(executor: StepExecutor): WorkflowHostBuilder {
    return this.#with({ executors: [...this.#options.executors ?? [], executor] });
  }

  /** Takes time from here; tests give a clock that they move themselves. */
  useClock(clock: Clock): WorkflowHostBuilder {
    return this.#with({ clock });
  }

  /** Takes chance from here. */
  useRandom(random: Random): WorkflowHostBuilder {
    return this.#with({ random });
  }

  /** Claims only runs that were started, resumed or retried through this host: for a program that runs one. */
  ownRunsOnly(): WorkflowHostBuilder {
    return this.#with({ ownRunsOnly: true });
  }

  /** Makes the host. */
  build(): WorkflowHost {
    return new WorkflowHost({
      persistence: this.#options.persistence ?? new MemoryPersistence(),
      executors: [],
      clock: systemClock,
      random: systemRandom,
      ownRunsOnly: false,
      ...this.#options,
    });
  }

  #with(change: Partial<HostOptions>): WorkflowHostBuilder {
    return new WorkflowHostBuilder({ ...this.#options, ...change });
  }
}
