import { setImmediate } from "node:timers";
import type { Transition } from "../../src/instance/transition.ts";
import type { StoreClock } from "../../src/provider/clock.ts";
import type { Connection } from "./connection.ts";
import { codeOf, isStatementError, lockIsLost, sinkIsOpen, troubleOf } from "./errors.ts";
import {
  fencesOf,
  groupParameters,
  inRounds,
  type Kept,
  readGroup,
  writeGroup,
  writeGroupUnderLocks,
  type Writing,
} from "./transitions.ts";
import { findWritten } from "./written.ts";

/** Transitions that go into one transaction, where so many wait. */
const longestGroup = 1_000;
/** Groups under way at a time: while the server flushes one, it works on the next. */
const mostUnderWay = 2;

/** What became of a transition: null where it was refused, or the error by which it failed. */
export type WriteResult = Kept | Error | null;

interface Job extends Writing {
  readonly what: string;
  readonly settle: (result: WriteResult) => void;
}

/** What a writer works with. */
export interface WriterParts {
  /** Where to write. */
  readonly connection: Connection;
  /** The store's clock. */
  readonly clock: StoreClock;
}

/**
 * Writes transitions in groups, each one call and one transaction: what is asked for in one turn of the event loop, or
 * while the server has enough to do, goes together into the next. Those of one run are written in the order of asking.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #runsUnderWay = new Set<string>();
  /** Those of which it is not known whether they were written. */
  readonly #doubtful = new WeakSet<Transition>();
  #jobs: Job[] = [];
  #underWay = 0;
  #isScheduled = false;
  #keepsEvents = false;
  #idle: (() => void) | null = null;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** Whether lifecycle events are kept, as far as is known; what knows it wrong is told by the store. */
  get keepsEvents(): boolean {
    return this.#keepsEvents;
  }

  set keepsEvents(keepsEvents: boolean) {
    this.#keepsEvents = keepsEvents;
  }

  /**
   * Writes a transition, or starts a run. One that fails is taken back alone.
   *
   * @param what completes "Cannot …" in errors
   */
  write(what: string, transition: Transition, isStart: boolean): Promise<WriteResult> {
    return new Promise((settle) => {
      this.#jobs.push({ what, transition, isStart, settle });
      this.#schedule();
    });
  }

  /** Of these it is not known whether they were written: where they are refused, it is looked up. */
  doubt(transitions: readonly Transition[]): void {
    for (const transition of transitions) this.#doubtful.add(transition);
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    while (this.#jobs.length > 0 || this.#underWay > 0) {
      await new Promise<void>((resolve) => this.#idle = resolve);
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      while (this.#underWay < mostUnderWay) {
        const group = this.#nextGroup();
        if (group.length === 0) break;
        void this.#start(group);
      }
      if (this.#jobs.length === 0 && this.#underWay === 0) this.#idle?.();
    });
  }

  /** The jobs that are next, but for those of runs of which a group is under way, and what is behind these. */
  #nextGroup(): Job[] {
    const group: Job[] = [];
    const rest: Job[] = [];
    for (const job of this.#jobs) {
      const isFree = !this.#runsUnderWay.has(job.transition.instance.id);
      if (isFree && group.length < longestGroup) group.push(job);
      else rest.push(job);
    }
    this.#jobs = rest;
    return group;
  }

  async #start(group: readonly Job[]): Promise<void> {
    const runs = new Set(group.map(({ transition }) => transition.instance.id));
    for (const id of runs) this.#runsUnderWay.add(id);
    this.#underWay++;
    await this.#writeGroup(group);
    this.#underWay--;
    for (const id of runs) this.#runsUnderWay.delete(id);
    this.#schedule();
  }

  /** Writes a group; where one of it is at fault, in halves, until that one is found. */
  async #writeGroup(group: readonly Job[]): Promise<void> {
    const { connection } = this.#parts;
    try {
      const kept = await connection.retry("commit", true, () => this.#writeOnce(group));
      await this.#settle(group, kept);
    } catch (error) {
      const { cause } = error as Error;
      if (group.length > 1 && isStatementError(cause)) {
        const half = Math.ceil(group.length / 2);
        await this.#writeGroup(group.slice(0, half));
        await this.#writeGroup(group.slice(half));
        return;
      }
      if (codeOf(cause) === lockIsLost) return await this.#settle(group, new Map());
      for (const { what, settle } of group) {
        const told = connection.explain(cause ?? error, what);
        settle(told instanceof Error ? told : error as Error);
      }
    }
  }

  /** Tells what became of a group, of which `kept` is written. */
  async #settle(group: readonly Job[], kept: ReadonlyMap<Writing, Kept>): Promise<void> {
    const written = await this.#whatWasWritten(group.filter((job) => !kept.has(job)));
    for (const job of group) job.settle(kept.get(job) ?? written.get(job) ?? null);
  }

  async #writeOnce(group: readonly Job[]): Promise<Map<Writing, Kept>> {
    const { connection, clock } = this.#parts;
    const rounds = inRounds(group);
    const fences = fencesOf(group);
    const write = (): Promise<Parameters<typeof readGroup>[1]> => {
      const moment = { now: clock.now(), keepsEvents: this.#keepsEvents, hasLocks: false };
      const values = groupParameters(rounds, moment);
      return fences === null
        ? connection.once(writeGroup, ...values)
        : connection.once(writeGroupUnderLocks, ...values, fences);
    };
    try {
      return readGroup(rounds, await write());
    } catch (error) {
      if (codeOf(error) === sinkIsOpen) {
        this.#keepsEvents = true;
        return await this.#writeOnce(group);
      }
      // The answer to a commit was lost: its transitions may be refused next time, because they are written.
      if (troubleOf(error)?.undone === false) this.doubt(group.map(({ transition }) => transition));
      throw error;
    }
  }

  /** Of transitions that were refused, those that had been written when the answer was lost. */
  async #whatWasWritten(refused: readonly Job[]): Promise<Map<Job, Kept>> {
    const doubtful = refused.filter(({ transition }) => this.#doubtful.has(transition));
    if (doubtful.length === 0) return new Map();
    return await findWritten(this.#parts.connection, doubtful);
  }
}
