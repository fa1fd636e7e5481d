import type { HostInfo } from "../provider/persistence.ts";

interface Heartbeat {
  readonly host: HostInfo;
  readonly expiresAt: number;
}

/** The hosts that are entered, and until when they count as alive. */
export class Hosts {
  readonly #heartbeats = new Map<string, Heartbeat>();

  /** Enters or renews a host; returns whether it was entered before. */
  renew({ incarnation, pid }: HostInfo, expiresAt: number): boolean {
    const wasEntered = this.has(incarnation);
    this.#heartbeats.set(incarnation, { host: Object.freeze({ incarnation, pid }), expiresAt });
    return wasEntered;
  }

  /** Takes a host out. */
  delete(incarnation: string): void {
    this.#heartbeats.delete(incarnation);
  }

  /** Whether a host is entered. */
  has(incarnation: string): boolean {
    return this.#heartbeats.has(incarnation);
  }

  /** The host, if it is entered and alive. */
  living(incarnation: string, now: number): HostInfo | null {
    return this.deadAt(incarnation) > now ? this.#heartbeats.get(incarnation)!.host : null;
  }

  /** From when on a host counts as dead; 0 where it is not entered. */
  deadAt(incarnation: string): number {
    return this.#heartbeats.get(incarnation)?.expiresAt ?? 0;
  }

  /** The hosts that are dead by now and still entered. */
  dead(now: number): string[] {
    return [...this.#heartbeats.keys()].filter((incarnation) => this.deadAt(incarnation) <= now);
  }
}
