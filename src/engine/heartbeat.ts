import { asStoreError, type StoreError } from "../provider/errors.ts";
import type { HostInfo, Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";
import type { Listeners } from "./listeners.ts";

/** Milliseconds that a host's right to its runs lasts after a renewal, unless its options say otherwise. */
export const leaseTtl = 10_000;

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
  /** The lease is over: whatever the host runs may belong to another by now. */
  readonly fenced: () => void;
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
    this.#timer = this.#parts.clock.schedule(this.#ttl / 3, () => {
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
    const { persistence, newHost, fenced } = this.#parts;
    const old = this.incarnation;
    this.#host = newHost();
    fenced();
    await this.#renew();
    await persistence.removeHost(old);
  }

  /** Returns whether the host was still entered. */
  async #renew(): Promise<boolean> {
    const sentAt = this.#parts.clock.monotonic();
    const wasEntered = await this.#parts.persistence.renewHost(this.#host, this.#ttl);
    this.#renewedAt = sentAt;
    return wasEntered;
  }
}
