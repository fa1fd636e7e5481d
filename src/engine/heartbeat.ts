import { asStoreError, type StoreError } from "../provider/errors.ts";
import type { HostInfo, Persistence } from "../provider/persistence.ts";
import { type Clock, pause } from "./clock.ts";
import type { Listeners } from "./listeners.ts";
import type { ProcessStops } from "./process_stops.ts";

/** Milliseconds that a host's right to its runs lasts after a renewal, unless its options say otherwise. */
export const leaseTtl = 10_000;

/** Milliseconds within which the signal that the process goes on is heard. It comes after timers that are overdue: 2 ms. */
const signalDelay = 50;

/** What a heartbeat needs. */
export interface HeartbeatParts {
  /** Where it is entered. */
  readonly persistence: Persistence;
  /** Time for its timer and for measuring its own lateness. */
  readonly clock: Clock;
  /** Hears of a store in trouble. */
  readonly troubles: Listeners<StoreError>;
  /** Makes a host of a new incarnation. */
  readonly newHost: () => HostInfo;
  /** Knows of the times when the whole process did not run. */
  readonly stops: ProcessStops;
  /** The lease is over: whatever the host runs may belong to another by now. */
  readonly fenced: () => void;
  /**
   * The host goes on as somebody new. It is `well` where no code of its process kept it from its beat: the store was
   * out of reach, the process was stopped, or a clock has jumped. What it ran is not to blame then.
   */
  readonly renewed: (well: boolean) => void;
  /**
   * Milliseconds that a renewal is good for.
   *
   * @default 10,000
   */
  readonly ttl?: number;
}

/**
 * Renews the host's lease each third of its life. Where a renewal comes too late by monotonic time, taken before it
 * was sent, the host fences itself and goes on as a new incarnation.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  readonly #ttl: number;
  #host: HostInfo;
  #renewedAt = -Infinity;
  #beatAt = 0;
  /** When, since the last renewal, a beat came so late that code must have blocked the event loop. */
  #blockedAt: number | null = null;
  #timer: Disposable | null = null;
  #beat: Promise<void> | null = null;
  #stopped = true;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#ttl = parts.ttl ?? leaseTtl;
    this.#host = parts.newHost();
  }

  /** The incarnation that owns this host's runs now. */
  get incarnation(): string {
    return this.#host.incarnation;
  }

  /** Whether the lease is over by the host's own clock: it must not begin anything. */
  get isLate(): boolean {
    return this.#parts.clock.monotonic() - this.#renewedAt > this.#ttl;
  }

  /** Enters the host. Rejects where the store refuses. */
  async start(): Promise<void> {
    await this.#renew();
    this.#stopped = false;
    this.#arm();
  }

  /** Takes the host out. Where the store refuses, it counts as dead when its lease is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
    await this.#beat;
    try {
      await this.#parts.persistence.removeHost(this.incarnation);
    } catch (error) {
      this.#parts.troubles.tell(asStoreError(error));
    }
  }

  #arm(): void {
    const { clock } = this.#parts;
    const pause = this.#ttl / 3;
    this.#beatAt = clock.monotonic() + pause;
    this.#timer = clock.schedule(pause, () => {
      const now = clock.monotonic();
      if (now - this.#beatAt > pause) this.#blockedAt = this.#beatAt;
      this.#beat = this.#tick().finally(() => {
        this.#beat = null;
        if (!this.#stopped) this.#arm();
      });
    });
  }

  async #tick(): Promise<void> {
    try {
      if (this.isLate || !await this.#renew()) await this.#fence();
    } catch (error) {
      this.#parts.troubles.tell(asStoreError(error));
    }
  }

  /** The host's runs may belong to others by now: forgets them, and goes on as somebody new. */
  async #fence(): Promise<void> {
    const { persistence, newHost, fenced, renewed } = this.#parts;
    const old = this.incarnation;
    this.#host = newHost();
    fenced();
    // Before anything is claimed: whether what is lost by this counts.
    const well = await this.#wasWell();
    await this.#renew();
    renewed(well);
    await persistence.removeHost(old);
  }

  /** Whether no code of this process kept it from its beat. */
  async #wasWell(): Promise<boolean> {
    const { clock, stops } = this.#parts;
    const blockedAt = this.#blockedAt;
    if (blockedAt === null) return true;
    await pause(clock, signalDelay, new AbortController().signal);
    return stops.hasGoneOnSince(blockedAt);
  }

  /** Returns whether the host was still entered. */
  async #renew(): Promise<boolean> {
    const sentAt = this.#parts.clock.monotonic();
    const wasEntered = await this.#parts.persistence.renewHost(this.#host, this.#ttl);
    this.#renewedAt = sentAt;
    this.#blockedAt = null;
    return wasEntered;
  }
}
