import type { PublishedEvent } from "../instance/instance.ts";
import { cursorKey } from "../instance/instance_state.ts";
import type { NewEvent } from "../instance/transition.ts";
import { share } from "./isolate.ts";

/** An event and what the store knows about it. */
export interface KeptEvent {
  /** The event, frozen. */
  readonly event: PublishedEvent;
  /** Its name and key as one text. */
  readonly identity: string;
  /** When the store got it. */
  readonly publishedAt: number;
  /** What makes it one event, however often it is published. */
  readonly messageId: string | null;
  /** How many messages and unfinished deliveries refer to it: so long it is kept. */
  references: number;
}

/** The events that are kept, in the order of publishing. */
export class EventLog {
  readonly #events = new Map<number, KeptEvent>();
  readonly #byIdentity = new Map<string, KeptEvent[]>();
  readonly #byMessage = new Map<string, KeptEvent>();
  #last = 0;

  /** Keeps an event behind the others. */
  add({ name, key, data, time, messageId }: NewEvent, now: number): KeptEvent {
    const event = Object.freeze({ name, key, data: share(data), time: time ?? now, seq: ++this.#last });
    const identity = cursorKey(event);
    const kept: KeptEvent = { event, identity, publishedAt: now, messageId, references: 0 };
    this.#events.set(event.seq, kept);
    this.#byIdentity.getOrInsertComputed(identity, () => []).push(kept);
    if (messageId !== null) this.#byMessage.set(messageId, kept);
    return kept;
  }

  /** The event that was published with this message id. */
  findMessage(messageId: string): KeptEvent | undefined {
    return this.#byMessage.get(messageId);
  }

  /** The first event of a name and key behind a position that did not happen before `since`. */
  firstAfter(identity: string, after: number, since: number): KeptEvent | undefined {
    const events = this.#byIdentity.get(identity) ?? [];
    for (let index = placeAfter(events, after); index < events.length; index++) {
      if (events[index]!.event.time >= since) return events[index];
    }
  }

  /** Forgets up to `limit` events that came before a time and that nothing refers to; returns how many. */
  forget(before: number, limit: number): number {
    let forgotten = 0;
    for (const kept of this.#events.values()) {
      if (forgotten >= limit) break;
      if (kept.publishedAt >= before || kept.references > 0) continue;
      this.#delete(kept);
      forgotten++;
    }
    return forgotten;
  }

  #delete({ event: { seq }, identity, messageId }: KeptEvent): void {
    this.#events.delete(seq);
    if (messageId !== null) this.#byMessage.delete(messageId);
    const events = this.#byIdentity.get(identity)!;
    events.splice(placeAfter(events, seq) - 1, 1);
    if (events.length === 0) this.#byIdentity.delete(identity);
  }
}

/** Index of the first event behind a position. */
function placeAfter(events: readonly KeptEvent[], seq: number): number {
  let low = 0;
  for (let high = events.length; low < high;) {
    const middle = (low + high) >> 1;
    if (events[middle]!.event.seq > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}
