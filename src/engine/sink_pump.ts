import type { Persistence, SinkKind } from "../provider/persistence.ts";
import { type Clock, pause } from "./clock.ts";

/** Milliseconds that a host's right to feed a sink lasts. */
const leaseTtl = 10_000;
const firstPause = 100;
const longestPause = 30_000;
/** Milliseconds that a feed is waited for when the host stops. */
const stopGrace = 5_000;

/** What is done for a durable sink by the host that has the right to it. */
export interface SinkFeed {
  /** Name of the sink. */
  readonly name: string;
  /** What is kept for it. */
  readonly kind: SinkKind;
  /** Milliseconds to wait from a first change on, so that those that follow come with it. */
  readonly linger: number;
  /**
   * Hands over a part of what is kept, and tells whether there was any.
   *
   * @param mayGoOn whether this host still has the right; asked before something is handed over
   */
  handOver(mayGoOn: () => Promise<boolean>): Promise<boolean>;
}

/** What a pump needs. */
export interface SinkPumpParts {
  /** Where is kept what is to be handed over. */
  readonly persistence: Persistence;
  /** Hands it over. */
  readonly feed: SinkFeed;
  /** Time for its pauses. */
  readonly clock: Clock;
  /** The incarnation that holds the lease. */
  readonly incarnation: () => string;
  /** Hears why the feed, or the store, failed; the pump tries again. */
  readonly failed: (error: unknown) => void;
}

/** Feeds a durable sink: one host a sink, by lease. */
export class SinkPump {
  readonly #parts: SinkPumpParts;
  #timer: Disposable | null = null;
  /** Whether the timer is one of a poke. */
  #lingers = false;
  #pass: Promise<void> | null = null;
  #again = false;
  /** Whether nobody waits for it any more. */
  #over = false;
  #stopped = true;
  #pause = firstPause;
  /** Whether the last try failed, and the pause before the next is not over. */
  #failed = false;
  #lease: { readonly incarnation: string; readonly until: number } | null = null;

  constructor(parts: SinkPumpParts) {
    this.#parts = parts;
  }

  /** Opens the sink and begins to feed it. */
  async start(): Promise<void> {
    const { persistence, feed } = this.#parts;
    await persistence.openSink(feed.name, feed.kind);
    this.#stopped = false;
    this.#look();
  }

  /** Hands over what is there, once, and ends. A feed that does not answer is not waited for long. */
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
    const { clock, feed: { linger } } = this.#parts;
    if (this.#failed || this.#stopped || this.#lingers) return;
    if (linger === 0 || this.#pass) return this.#look();
    this.#timer?.[Symbol.dispose]();
    this.#timer = clock.schedule(linger, () => this.#look());
    this.#lingers = true;
  }

  #look(): void {
    if (this.#stopped) return;
    if (this.#pass) {
      this.#again = true;
      return;
    }
    this.#failed = false;
    this.#lingers = false;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#pass = this.#run().finally(() => {
      this.#pass = null;
      if (this.#again) this.poke();
    });
  }

  async #run(): Promise<void> {
    const { clock, feed, failed } = this.#parts;
    let wait = longestPause;
    try {
      do {
        this.#again = false;
        if (!await this.#isLeased()) break;
        while (!this.#over && await feed.handOver(() => this.#isLeased())) this.#pause = firstPause;
      } while (this.#again && (feed.linger === 0 || this.#stopped));
    } catch (error) {
      failed(error);
      this.#failed = true;
      wait = this.#pause;
      this.#pause = Math.min(this.#pause * 2, longestPause);
    }
    if (!this.#stopped) this.#timer = clock.schedule(wait, () => this.#look());
  }

  /** A host that goes on under another name after its lease was over has to take the sink anew. */
  async #isLeased(): Promise<boolean> {
    const { persistence, feed, clock } = this.#parts;
    const now = clock.monotonic();
    const incarnation = this.#parts.incarnation();
    if (this.#lease?.incarnation === incarnation && now < this.#lease.until - leaseTtl / 2) return true;
    if (!await persistence.leaseSink(feed.name, incarnation, leaseTtl)) return false;
    this.#lease = { incarnation, until: now + leaseTtl };
    return true;
  }
}
