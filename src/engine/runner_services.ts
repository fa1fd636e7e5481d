import type { SecretResolver } from "../definition/secrets.ts";
import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";
import type { Committer } from "./committer.ts";
import type { Listeners } from "./listeners.ts";
import type { Locks } from "./locks.ts";
import type { LogWriter } from "./log_writer.ts";
import type { Middlewares } from "./middleware.ts";
import type { NoteWriter } from "./note_writer.ts";
import type { Random } from "./random.ts";
import type { Registry } from "./registry.ts";
import type { Slots } from "./slots.ts";

/** What all runners of a host share. */
export interface RunnerServices {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** Writes transitions. */
  readonly committer: Committer;
  /** Stores log lines. */
  readonly logs: LogWriter;
  /** Stores progress notes. */
  readonly notes: NoteWriter;
  /** Finds step bodies. */
  readonly registry: Registry;
  /** Takes locks. */
  readonly locks: Locks;
  /** Bounds how many bodies run. */
  readonly slots: Slots;
  /** What is around step bodies. */
  readonly middlewares: Middlewares;
  /** Finds the values of secrets; null for a host that has none. */
  readonly secrets: SecretResolver | null;
  /** Hears of what was recorded. */
  readonly events: Listeners<LifecycleEvent>;
  /** Time for timeouts and timers. */
  readonly clock: Clock;
  /** Chance for jitter. */
  readonly random: Random;
  /** These runs have got mail by what was written. */
  readonly woken: (runIds: readonly string[]) => void;
  /** Whether bodies may begin: not where the host's lease is over, and another may have begun them. */
  readonly mayBegin: () => boolean;
}
