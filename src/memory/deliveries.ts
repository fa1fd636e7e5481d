import { cursorKey } from "../instance/instance_state.ts";
import type { NewEvent, Subscription } from "../instance/transition.ts";
import type { PublishOutcome } from "../provider/persistence.ts";
import type { EventLog, KeptEvent } from "./event_log.ts";
import type { Run } from "./run.ts";
import type { RunTable } from "./run_table.ts";

/** Most runs that get an event in one transaction. */
const mostAtOnce = 1_000;

/** The waits of one run for the events of a name and key: by pointer, since when events count. */
type Waits = Map<number, number>;

/** An event on its way to the runs that waited for it when it was published. */
interface Delivery {
  readonly kept: KeptEvent;
  /** In the order of creation. */
  readonly runs: readonly Run[];
  /** Index of the next one. */
  next: number;
}

/**
 * Brings events to the runs that wait for them. A run gets those of a name and key in the order of publishing: where
 * an earlier one is not in its mailbox yet, a later one stays out too, until {@linkcode catchUp} finds it.
 */
export class Deliveries {
  readonly #events: EventLog;
  readonly #runs: RunTable;
  readonly #waiting = new Map<string, Map<Run, Waits>>();
  /** In the order of publishing. */
  readonly #unfinished = new Set<Delivery>();

  constructor(events: EventLog, runs: RunTable) {
    this.#events = events;
    this.#runs = runs;
  }

  /** A pointer begins to wait. */
  subscribe(run: Run, { pointerId, wait }: Subscription): void {
    this.unsubscribe(run, pointerId);
    const identity = cursorKey(wait);
    run.waits.set(pointerId, identity);
    this.#waiting.getOrInsertComputed(identity, () => new Map())
      .getOrInsertComputed(run, () => new Map())
      .set(pointerId, wait.since);
  }

  /** A pointer waits no more; returns for what it waited. */
  unsubscribe(run: Run, pointerId: number): string | undefined {
    const identity = run.waits.get(pointerId);
    if (identity === undefined) return;
    run.waits.delete(pointerId);
    const runs = this.#waiting.get(identity)!;
    const waits = runs.get(run)!;
    waits.delete(pointerId);
    if (waits.size === 0) runs.delete(run);
    if (runs.size === 0) this.#waiting.delete(identity);
    return identity;
  }

  /** A run is deleted, with its waits and its mail. */
  forget(run: Run): void {
    for (const pointerId of [...run.waits.keys()]) this.unsubscribe(run, pointerId);
    run.dropMail(Infinity);
  }

  /** Mails the first event that a run still waits for, where it was published already. */
  catchUp(run: Run, identity: string, now: number): void {
    const kept = this.#firstFor(run, identity, run.cursor(identity));
    if (kept && !run.hasMailed(kept)) this.#runs.mail(run, { event: kept }, now);
  }

  /** Keeps an event and mails it to the first runs that wait for it. */
  publish(event: NewEvent, now: number): PublishOutcome {
    const known = event.messageId === null ? undefined : this.#events.findMessage(event.messageId);
    if (known) return { seq: known.event.seq, existed: true, woken: [] };
    const kept = this.#events.add(event, now);
    const runs = [...this.#waiting.get(kept.identity)?.keys() ?? []].sort((a, b) => a.number - b.number);
    const delivery: Delivery = { kept, runs, next: 0 };
    const woken = this.#deliver(delivery, mostAtOnce, now);
    if (delivery.next < runs.length) {
      kept.references++;
      this.#unfinished.add(delivery);
    }
    return { seq: kept.event.seq, existed: false, woken };
  }

  /** Goes on with what is unfinished, the oldest first, until so many runs have got mail. */
  fanOut(limit: number, now: number): string[] {
    const woken: string[] = [];
    for (const delivery of this.#unfinished) {
      woken.push(...this.#deliver(delivery, limit - woken.length, now));
      if (delivery.next < delivery.runs.length) break;
      delivery.kept.references--;
      this.#unfinished.delete(delivery);
    }
    return woken;
  }

  #deliver(delivery: Delivery, limit: number, now: number): string[] {
    const { kept, runs } = delivery;
    const woken: string[] = [];
    for (; delivery.next < runs.length && woken.length < limit; delivery.next++) {
      const run = runs[delivery.next]!;
      const seen = Math.max(run.cursor(kept.identity), run.lastMailed(kept.identity));
      if (this.#firstFor(run, kept.identity, seen) !== kept) continue;
      this.#runs.mail(run, { event: kept }, now);
      woken.push(run.instance.id);
    }
    return woken;
  }

  /** The first event behind a position that a run waits for. */
  #firstFor(run: Run, identity: string, after: number): KeptEvent | undefined {
    const waits = this.#waiting.get(identity)?.get(run);
    if (!waits) return;
    let since = Infinity;
    for (const each of waits.values()) since = Math.min(since, each);
    return this.#events.firstAfter(identity, after, since);
  }
}
