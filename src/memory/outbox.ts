import type { Instance } from "../instance/instance.ts";
import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import type { DirtyRun, OutboxEntry, SinkKind } from "../provider/persistence.ts";

interface Sink {
  readonly kind: SinkKind;
  readonly entries: OutboxEntry[];
  readonly dirty: Map<string, DirtyRun>;
  lease: { readonly incarnation: string; readonly until: number } | null;
  /** When it was opened, or the last right to feed it ends. */
  usedAt: number;
}

/** What is kept for each durable sink. */
export class Outbox {
  readonly #sinks = new Map<string, Sink>();
  #last = 0;

  /** Whether events are to be kept. */
  get keepsEvents(): boolean {
    return this.#of("events").length > 0;
  }

  /** Opens a sink, once. */
  open(name: string, kind: SinkKind, now: number): void {
    const sink = this.#sinks.get(name);
    if (sink) {
      sink.usedAt = Math.max(sink.usedAt, now);
      return;
    }
    const dirty = new Map<string, DirtyRun>();
    if (kind === "runs") dirty.set("", dirtyRun("", 0, 0));
    this.#sinks.set(name, { kind, entries: [], dirty, lease: null, usedAt: now });
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
      for (const { entries } of this.#of("events")) entries.push(entry);
    }
  }

  /** Notes for each open sink that a run has changed, or is purged. */
  mark({ id, createdAt, sequence }: Instance, isPurged = false): void {
    for (const { dirty } of this.#of("runs")) {
      dirty.set(id, dirtyRun(id, createdAt, isPurged ? sequence + 1 : sequence));
    }
  }

  /** The dirty runs of a sink behind an id. */
  readDirty(name: string, limit: number, after?: string): DirtyRun[] {
    const behind = [...this.#sinks.get(name)?.dirty.values() ?? []]
      .filter(({ runId }) => after === undefined || runId > after);
    return behind.sort((a, b) => a.runId < b.runId ? -1 : 1).slice(0, limit);
  }

  /** Forgets dirty runs that have not changed since. */
  clearDirty(name: string, runs: readonly DirtyRun[]): void {
    const dirty = this.#sinks.get(name)?.dirty;
    for (const { runId, createdAt, sequence } of runs) {
      const kept = dirty?.get(runId);
      if (kept?.createdAt === createdAt && kept.sequence <= sequence) dirty!.delete(runId);
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

  #of(kind: SinkKind): Sink[] {
    return [...this.#sinks.values()].filter((sink) => sink.kind === kind);
  }
}

function dirtyRun(runId: string, createdAt: number, sequence: number): DirtyRun {
  return Object.freeze({ runId, createdAt, sequence });
}
