import { checkText } from "../definition/check_text.ts";
import { type Duration, parseDuration } from "../definition/duration.ts";
import type { StepExecutor } from "../definition/step_body.ts";
import { defaultPayloadLimits, type PayloadLimits } from "../definition/payload_limits.ts";
import type { SecretResolver } from "../definition/secrets.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import type { LifecyclePublisher } from "../provider/lifecycle.ts";
import type { LockProvider } from "../provider/lock.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { QueueProvider } from "../provider/queue.ts";
import type { SearchIndex } from "../provider/search.ts";
import { type Clock, systemClock } from "./clock.ts";
import { leaseTtl } from "./heartbeat.ts";
import { WorkflowHost } from "./host.ts";
import { defaultLimits, type HostLimits, type HostOptions } from "./host_options.ts";
import type { Middleware } from "./middleware.ts";
import { type Random, systemRandom } from "./random.ts";
import type { Versions } from "./registry.ts";

/** Most bytes that every store can keep in one value. */
const largestPayload = 2 ** 28 - 1;

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

  /**
   * Takes locks from here, for `ctx.lock` and {@linkcode WorkflowHost.lock}. Without it they are those of the store. All
   * hosts of a store should have the same.
   */
  useLock(lock: LockProvider): WorkflowHostBuilder {
    return this.#with({ lock });
  }

  /**
   * Tells of runs that are due, and hears of them, by a queue: each hint goes to one host with room, in place of all hosts
   * looking at the store. All hosts of a store should have the same. What it loses is found by the sweep.
   */
  useQueue(queue: QueueProvider): WorkflowHostBuilder {
    return this.#with({ queue });
  }

  /** Runs the steps of one more type. */
  useExecutor(executor: StepExecutor): WorkflowHostBuilder {
    return this.#with({ executors: [...this.#options.executors ?? [], executor] });
  }

  /** Puts code around starts, steps and ends, inside of what was put there before. */
  useMiddleware(middleware: Middleware): WorkflowHostBuilder {
    return this.#with({ middleware: [...this.#options.middleware ?? [], middleware] });
  }

  /**
   * Finds the values of the secrets that workflows name, when this host takes up a run. Without it, steps of workflows
   * that name secrets fail.
   */
  useSecrets(secrets: SecretResolver): WorkflowHostBuilder {
    return this.#with({ secrets });
  }

  /**
   * Hands lifecycle events over durably: they are kept in the store until the publisher has taken them. A sink that is
   * configured no more is closed by {@linkcode WorkflowHost.closeLifecycle}, or by itself after a time.
   *
   * @throws {InvalidTextError} when its name is no text of 1 to 1,024 bytes in UTF-8
   */
  useLifecycle(publisher: LifecyclePublisher): WorkflowHostBuilder {
    checkText("use a lifecycle sink", "name", publisher.name);
    return this.#with({ sinks: [...this.#options.sinks ?? [], publisher] });
  }

  /**
   * Feeds a search index with what changes, about a second later: each commit also notes, in the store, that its run has
   * changed, and one of the hosts with the same index hands the runs over. While the index is down the notes stay, one a
   * run at most; no workflow waits for it. An index that is new or was emptied is filled from the store. The host does not
   * close it.
   *
   * @example
   * ```ts
   * import { MemorySearch, WorkflowHostBuilder } from "@wfe/engine";
   *
   * await using host = new WorkflowHostBuilder().useSearchIndex(new MemorySearch()).build();
   * await host.start();
   * const { hits } = await host.search("timeout", { filters: { status: ["Failed"] } });
   * ```
   */
  useSearchIndex(index: SearchIndex): WorkflowHostBuilder {
    return this.#with({ search: index });
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

  /**
   * Says what happens when a definition's content differs from what the store has of its id and version: `"revise"`,
   * the default, makes it the newest revision, with a warning; `"strict"` refuses to start runs of it.
   */
  versions(versions: Versions): WorkflowHostBuilder {
    return this.#with({ versions });
  }

  /**
   * After what time without a sign of life the runs of this host are free for others; 10 s unless said. A host beats
   * three times as often, and one that was stopped for longer gives its runs up. A shorter time hands runs over sooner
   * where a host hangs, and takes them from hosts that were only slow.
   *
   * @throws {RangeError} when it is shorter than 100 ms
   */
  leaseTtl(duration: Duration): WorkflowHostBuilder {
    const milliseconds = parseDuration(duration);
    if (milliseconds < 100) {
      throw new RangeError(
        `Cannot set the lease: it must last for 100 ms at least, received ${JSON.stringify(duration)}`,
      );
    }
    return this.#with({ leaseTtl: milliseconds });
  }

  /** Keeps events and message ids for so long; 30 days unless said. */
  eventRetention(duration: Duration): WorkflowHostBuilder {
    return this.#with({ eventRetention: parseDuration(duration) });
  }

  /**
   * Closes, with what is kept for it, a lifecycle sink that no host has fed for so long; 30 days unless said. One whose
   * publisher fails is fed: the host that tries has the right to it. The same holds for what is kept for a search index.
   *
   * @throws {RangeError} when it is shorter than 5 minutes: a feeder that has nothing to hand over looks seldom
   */
  sinkRetention(duration: Duration): WorkflowHostBuilder {
    const milliseconds = parseDuration(duration);
    if (milliseconds < 300_000) {
      throw new RangeError(
        `Cannot set how long sinks are kept: it must be 5 minutes at least, received ${
          JSON.stringify(duration)
        }`,
      );
    }
    return this.#with({ sinkRetention: milliseconds });
  }

  /**
   * Bounds what the host does at the same time.
   *
   * @throws {RangeError} when a limit is no whole number from 1
   */
  limits(limits: Partial<HostLimits>): WorkflowHostBuilder {
    checkLimits(limits, Infinity);
    return this.#with({ limits: { ...this.#options.limits ?? defaultLimits, ...limits } });
  }

  /**
   * Bounds, in bytes, what is kept of runs, in front of every store. Hosts that share a store should have the same
   * limits: one with lower limits goes on with larger data of others, until a step changes it.
   *
   * @throws {RangeError} when a limit is no whole number from 1 to 268,435,455, which is what every store can keep
   */
  payloadLimits(limits: Partial<PayloadLimits>): WorkflowHostBuilder {
    checkLimits(limits, largestPayload);
    return this.#with({
      payloads: Object.freeze({ ...this.#options.payloads ?? defaultPayloadLimits, ...limits }),
    });
  }

  /** Makes the host. */
  build(): WorkflowHost {
    return new WorkflowHost({
      persistence: this.#options.persistence ?? new MemoryPersistence(),
      lock: null,
      queue: null,
      executors: [],
      middleware: [],
      secrets: null,
      sinks: [],
      search: null,
      clock: systemClock,
      random: systemRandom,
      ownRunsOnly: false,
      versions: "revise",
      leaseTtl,
      eventRetention: parseDuration("30d"),
      sinkRetention: parseDuration("30d"),
      limits: defaultLimits,
      payloads: defaultPayloadLimits,
      ...this.#options,
    });
  }

  #with(change: Partial<HostOptions>): WorkflowHostBuilder {
    return new WorkflowHostBuilder({ ...this.#options, ...change });
  }
}

/** @throws {RangeError} when a limit is no whole number from 1 to `most` */
function checkLimits(limits: object, most: number): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (Number.isInteger(limit) && limit >= 1 && limit <= most) continue;
    const range = most === Infinity ? "from 1" : `from 1 to ${most}`;
    throw new RangeError(
      `Cannot set the limit "${name}": a whole number ${range} is needed, received ${String(limit)}`,
    );
  }
}
