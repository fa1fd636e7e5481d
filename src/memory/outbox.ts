import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import type { OutboxEntry } from "../provider/persistence.ts";

interface Sink {
  readonly entries: OutboxEntry[];
  lease: { readonly incarnation: string; readonly until: number } | null;
  /** When it was opened, or the last right to feed it ends. */
  usedAt: number;
}

/** What is kept for each durable sink. */
export class Outbox {
  readonly #sinks = new Map<string, Sink>();
  #last = 0;

  /** Whether anything is to be kept. */
  get isOpen(): boolean {
    return this.#sinks.size > 0;
  }

  /** Opens a sink, once. */
  open(name: string, now: number): void {
    const sink = this.#sinks.get(name);
    if (sink) sink.usedAt = Math.max(sink.usedAt, now);
    else this.#sinks.set(name, { entries: [], lease: null, usedAt: now });
  }

  /** Closes a sink. */
  close(name: string): void {
    this.#sinks.delete(name);
  }

  /** Closes the sinks that nobody has used since a time; returns their names. */
  closeIdle(since: number): string[] {
    const idle = [...this.#sinks].filter(([, { usedAt }]) => usedAt < since).map(([name]) => name);
    for (const name of idle) this.#sinks.delete(name);
    return idle;
  }

  /** Takes or renews the right to feed a sink; returns whether the host has it. */
  lease(name: string, incarnation: string, until: number, now: number): boolean {
    const sink = this.#sinks.get(name);
    if (!sink) return false;
    const { lease } = sink;
    if (lease && lease.incarnation !== incarnation && lease.until > now) return false;
    sink.lease = { incarnation, until };
    sink.usedAt = until;
    return true;
  }

  /** A host is gone: what it had the right to is free. */
  release(incarnation: string): void {
    for (const sink of this.#sinks.values()) if (sink.lease?.incarnation === incarnation) sink.lease = null;
  }

  /** Keeps frozen events for each open sink. */
  keep(events: readonly LifecycleEvent[]): void {
    for (const event of events) {
      const entry = Object.freeze({ seq: ++this.#last, event });
      for (const { entries } of this.#sinks.values()) entries.push(entry);
    }
  }

  /** The oldest entries of a sink. */
  read(name: string, limit: number): OutboxEntry[] {
    return this.#sinks.get(name)?.entries.slice(0, limit) ?? [];
  }

  /** Forgets the entries of a sink up to a position. */
  clear(name: string, upTo: number): void {
    const entries = this.#sinks.get(name)?.entries ?? [];
    const kept = entries.findIndex(({ seq }) => seq > upTo);
    entries.splice(0, kept < 0 ? entries.length : kept);
  }
}
