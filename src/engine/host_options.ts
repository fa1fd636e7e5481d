import type { PayloadLimits } from "../definition/payload_limits.ts";
import type { SecretResolver } from "../definition/secrets.ts";
import type { StepExecutor } from "../definition/step_body.ts";
import type { LifecyclePublisher } from "../provider/lifecycle.ts";
import type { LockProvider } from "../provider/lock.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { QueueProvider } from "../provider/queue.ts";
import type { SearchIndex } from "../provider/search.ts";
import type { Clock } from "./clock.ts";
import type { Middleware } from "./middleware.ts";
import type { Random } from "./random.ts";
import type { Versions } from "./registry.ts";

/** How a host is wired. Made by {@linkcode WorkflowHostBuilder}. */
export interface HostOptions {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** Hands out locks; null for those of the store. */
  readonly lock: LockProvider | null;
  /** Carries hints that runs are due; null for none. */
  readonly queue: QueueProvider | null;
  /** Runs the steps that are not code. */
  readonly executors: readonly StepExecutor[];
  /** Code around starts, steps and ends; the first is outermost. */
  readonly middleware: readonly Middleware[];
  /** Finds the values of secrets; null for none. */
  readonly secrets: SecretResolver | null;
  /** Take lifecycle events durably. */
  readonly sinks: readonly LifecyclePublisher[];
  /** Finds runs; null for none. */
  readonly search: SearchIndex | null;
  /** Where the engine takes time from. */
  readonly clock: Clock;
  /** Where the engine takes chance from. */
  readonly random: Random;
  /** Whether to claim only the runs that were started or taken up through this host. */
  readonly ownRunsOnly: boolean;
  /** What happens when a definition has changed without a new version. */
  readonly versions: Versions;
  /** Milliseconds after which the runs of a host that has not been heard of are free for others. */
  readonly leaseTtl: number;
  /** Milliseconds that events and message ids are kept. */
  readonly eventRetention: number;
  /** Milliseconds that a durable sink is kept which no host feeds. */
  readonly sinkRetention: number;
  /** How much a host does at the same time. */
  readonly limits: HostLimits;
  /** How large may be what a host keeps of its runs. */
  readonly payloads: PayloadLimits;
}

/** How much a host does at the same time. */
export interface HostLimits {
  /**
   * Step bodies that run at once.
   * @default 100
   */
  readonly steps: number;
  /**
   * Step bodies of one run that run at once.
   * @default 100
   */
  readonly stepsOfRun: number;
  /**
   * Runs held in memory: those with something to do.
   * @default 1000
   */
  readonly runs: number;
}

/** Limits unless others are given. */
export const defaultLimits: HostLimits = Object.freeze({ steps: 100, stepsOfRun: 100, runs: 1_000 });
