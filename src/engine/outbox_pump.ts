import type { LifecyclePublisher } from "../provider/lifecycle.ts";
import type { Persistence } from "../provider/persistence.ts";
import { type Clock, pause } from "./clock.ts";
import { telemetry } from "./telemetry.ts";

/** Milliseconds that a host's right to feed a sink lasts. */
const leaseTtl = 10_000;
/** Events handed over at once. */
const batch = 100;
const firstPause = 100;
const longestPause = 30_000;
/** Milliseconds that a publisher is waited for when the host stops. */
const stopGrace = 5_000;

/** What a pump needs. */
export interface OutboxPumpParts {
  /** Where the events are kept until they are handed over. */
  readonly persistence: Persistence;
  /** Who takes them. */
  readonly publisher: LifecyclePublisher;
  /** Time for its pauses. */
  readonly clock: Clock;
  /** The incarnation that holds the lease. */
  readonly incarnation: () => string;
  /** Hears why a publisher, or the store, failed; the pump tries again. */
  readonly failed: (error: unknown) => void;
}

/** Hands the lifecycle events kept for a sink over to its publisher: one host a sink, by lease. */
export class OutboxPump {
  readonly #parts: OutboxPumpParts;
  #timer: Disposable | null = null;
  #pass: Promise<void> | null = null;
  #again = false;
  /** Whether nobody waits for it any more. */
  #over = false;
  #stopped = true;
  #pause = firstPause;
  /** Whether the last try failed, and the pause before the next is not over. */
  #failed = false;
  #lease: { readonly incarnation: string; readonly until: number } | null = null;

  constructor(parts: OutboxPumpParts) {
    this.#parts = parts;
  }

  /** Opens the sink and begins to feed it. */
  async start(): Promise<void> {
    const { persistence, publisher } = this.#parts;
    await persistence.openSink(publisher.name);
    this.#stopped = false;
    this.poke();
  }

  /** Hands over what is there, once, and ends. A publisher that does not answer is not waited for long. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#look();
    this.#stopped = true;
    const passed = new AbortController();
    const pass = this.#pass?.finally(() => passed.abort());
    if (pass) await pause(this.#parts.clock, stopGrace, passed.signal);
    this.#timer?.[Symbol.dispose]();
    this.#over = true;
  }

  /** There may be something to hand over. After a failure it waits until the pause is over. */
  poke(): void {
    if (!this.#failed) this.#look();
  }

  #look(): void {
    if (this.#stopped) return;
    if (this.#pass) {
      this.#again = true;
      return;
    }
    this.#failed = false;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#pass = this.#run().finally(() => {
      this.#pass = null;
      if (this.#again) this.poke();
    });
  }

  async #run(): Promise<void> {
    let wait = longestPause;
    try {
      do {
        this.#again = false;
        if (!await this.#isLeased()) break;
        while (await this.#handOver()) this.#pause = firstPause;
      } while (this.#again);
    } catch (error) {
      this.#parts.failed(error);
      this.#failed = true;
      wait = this.#pause;
      this.#pause = Math.min(this.#pause * 2, longestPause);
    }
    if (!this.#stopped) this.#timer = this.#parts.clock.schedule(wait, () => this.#look());
  }

  /** A host that goes on under another name after its lease was over has to take the sink anew. */
  async #isLeased(): Promise<boolean> {
    const { persistence, publisher, clock } = this.#parts;
    const now = clock.monotonic();
    const incarnation = this.#parts.incarnation();
    if (this.#lease?.incarnation === incarnation && now < this.#lease.until - leaseTtl / 2) return true;
    if (!await persistence.leaseSink(publisher.name, incarnation, leaseTtl)) return false;
    this.#lease = { incarnation, until: now + leaseTtl };
    return true;
  }

  /** Returns whether there was anything. */
  async #handOver(): Promise<boolean> {
    const { persistence, publisher } = this.#parts;
    const entries = this.#over ? [] : await persistence.readOutbox(publisher.name, batch);
    const last = entries.at(-1);
    if (!last || !await this.#isLeased()) return false;
    const publish = (): Promise<void> => publisher.publish(entries.map(({ event }) => event));
    await (telemetry ? telemetry.within(null, publish) : publish());
    await persistence.clearOutbox(publisher.name, last.seq);
    return true;
  }
}
