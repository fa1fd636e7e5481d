import type { Pointer } from "../instance/instance.ts";
import type { NewNote, Persistence, ProgressNote } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";
import type { Listeners } from "./listeners.ts";
import type { StoreRetry } from "./store_retry.ts";

/** Milliseconds until a note is stored, and between two writes; a crash loses at most what was said since the last. */
const longestDelay = 1_000;

/** What a step of a run says of how far it is. */
export interface StepNote extends ProgressNote {
  /** Id of the run. */
  readonly runId: string;
}

/** Tells and stores what steps say of how far they are: of each run the last word, of all runs in one write a second at most. */
export class NoteWriter {
  readonly #persistence: Persistence;
  readonly #clock: Clock;
  readonly #retry: StoreRetry;
  readonly #listeners: Listeners<StepNote>;
  #notes = new Map<string, NewNote>();
  #timer: Disposable | null = null;
  #writing: Promise<void> | null = null;

  constructor(persistence: Persistence, clock: Clock, retry: StoreRetry, listeners: Listeners<StepNote>) {
    this.#persistence = persistence;
    this.#clock = clock;
    this.#retry = retry;
    this.#listeners = listeners;
  }

  /** Tells of a note, and takes it in place of one of the same run that is not stored yet. */
  write(note: NewNote, stepKey: string): void {
    const { runId, pointerId, attempt, text, at } = note;
    this.#listeners.tell({ runId, stepKey, pointerId, attempt, text, at });
    this.#notes.set(runId, note);
    this.#arm();
  }

  /** An attempt has ended: what it said last, and is not stored yet, is not worth a write any more. */
  forget(runId: string, { id, attempt }: Pick<Pointer, "id" | "attempt">): void {
    const note = this.#notes.get(runId);
    if (note?.pointerId === id && note.attempt === attempt) this.#notes.delete(runId);
  }

  /** Stores the notes taken so far. Never rejects: a note that is lost harms nobody. */
  async flush(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    while (this.#writing) await this.#writing;
    if (this.#notes.size === 0) return;
    const notes = [...this.#notes.values()];
    this.#notes = new Map();
    this.#writing = this.#put(notes);
    await this.#writing;
  }

  /** While one write is under way, the next waits for its end. */
  #arm(): void {
    if (this.#writing || this.#notes.size === 0) return;
    this.#timer ??= this.#clock.schedule(longestDelay, () => {
      this.#timer = null;
      void this.flush();
    });
  }

  async #put(notes: readonly NewNote[]): Promise<void> {
    try {
      await this.#retry.run(() => this.#persistence.putNotes(notes));
    } catch {
      // Those who listen for troubles have been told.
    }
    this.#writing = null;
    this.#arm();
  }
}
