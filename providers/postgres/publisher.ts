import { setImmediate } from "node:timers";
import type { NewEvent } from "../../src/instance/transition.ts";
import type { StoreClock } from "../../src/provider/clock.ts";
import type { PublishOutcome } from "../../src/provider/persistence.ts";
import type { Channel } from "./channel.ts";
import type { Connection } from "./connection.ts";
import { isStatementError } from "./errors.ts";
import { findMessage, flushBehind, type Published, publishEvents } from "./events.ts";

/** Events that go into one transaction, where so many wait. */
const longestGroup = 200;

interface Job {
  readonly event: NewEvent;
  readonly resolve: (outcome: PublishOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** What a publisher works with. */
export interface PublisherParts {
  /** Where to publish. */
  readonly connection: Connection;
  /** Whether that does one thing after the other, as it is asked to. */
  readonly isOrdered: boolean;
  /** The store's clock. */
  readonly clock: StoreClock;
  /** Tells others of those who got mail, where it does. */
  readonly channel: Channel | null;
}

/** Publishes events in the order in which it is asked to: those that wait go together, in one transaction. */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #jobs: Job[] = [];
  #working: Promise<void> | null = null;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Keeps an event and sends it to the first runs that wait for it. Does nothing where the message id is known. */
  publish(event: NewEvent): Promise<PublishOutcome> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ event, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    // What is asked for in one turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#jobs.length > 0) await this.#publish(this.#jobs.splice(0, longestGroup));
    this.#working = null;
  }

  /** Publishes a group; where one of it is at fault, in halves, until that one is found. */
  async #publish(jobs: readonly Job[]): Promise<void> {
    const [{ event: { name } }] = jobs as [Job];
    // A message id makes of two one.
    const repeatable = jobs.every(({ event }) => event.messageId !== null);
    try {
      const published = await this.#parts.connection.retry(
        `publish event ${name}`,
        repeatable,
        () => this.#publishOnce(jobs.map(({ event }) => event)),
      );
      for (const [index, job] of jobs.entries()) {
        const { seq, woken } = published[index]!;
        if (seq !== null) job.resolve({ seq, existed: false, woken: woken ?? [] });
        else await this.#find(job);
      }
    } catch (error) {
      if (jobs.length > 1 && isStatementError((error as Error).cause)) {
        const half = Math.ceil(jobs.length / 2);
        await this.#publish(jobs.slice(0, half));
        await this.#publish(jobs.slice(half));
        return;
      }
      for (const { reject } of jobs) reject(error);
    }
  }

  /**
   * Where one thing is done after the other, all is sent at once, and others are told before it is flushed: whatever they
   * write for it is flushed behind it. Who asked is told once it is.
   */
  async #publishOnce(events: readonly NewEvent[]): Promise<Published[]> {
    const { connection, isOrdered, clock, channel } = this.#parts;
    const publishing = publishEvents(connection, events, clock.now(), !isOrdered);
    const telling = isOrdered ? channel?.tellBehind(connection) : undefined;
    const flushing = isOrdered ? flushBehind(connection) : undefined;
    const isTold = telling?.then(() => true, () => false) ?? Promise.resolve(false);
    // Where publishing fails, that is what is told.
    flushing?.catch(() => {});
    const published = await publishing;
    if (published.some(({ woken }) => woken && woken.length > 0)) {
      void isTold.then((told) => told || channel?.signal());
    }
    await flushing;
    return published;
  }

  async #find(job: Job): Promise<void> {
    const seq = await findMessage(this.#parts.connection, job.event.messageId!);
    if (seq !== undefined) job.resolve({ seq, existed: true, woken: [] });
    // It has been forgotten since.
    else await this.#publish([job]);
  }
}
