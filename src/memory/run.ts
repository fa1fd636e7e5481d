import type { ControlMessage, Instance, Mail } from "../instance/instance.ts";
import { cursorKey, type InstanceState } from "../instance/instance_state.ts";
import type { ProgressNote, StoredLogLine } from "../provider/persistence.ts";
import { Activations } from "./activations.ts";
import type { KeptEvent } from "./event_log.ts";

/** A message as it is kept: of an event only which one. */
export type KeptMail =
  | { readonly seq: number; readonly message: ControlMessage }
  | { readonly seq: number; readonly event: KeptEvent };

/** All that is kept of one run. */
export class Run {
  /** The header, frozen. Replaced by {@linkcode RunTable.update} only, which keeps the indexes. */
  instance: Instance;
  /** Position in the order of creation. */
  readonly number: number;
  /** Its pointers. */
  readonly activations: Activations = new Activations();
  /** Its log. */
  readonly log: StoredLogLine[] = [];
  /** The last word of a step on how far it is. */
  note: ProgressNote | null = null;
  /** Name and key, as one text, of the event that each waiting pointer waits for. */
  readonly waits: Map<number, string> = new Map();
  /** By name and key: position of the last event taken. */
  readonly #cursors = new Map<string, number>();
  readonly #mail: KeptMail[] = [];
  /** By name and key: positions of the events among the mail, in the order of the mail. */
  readonly #mailed = new Map<string, number[]>();

  constructor(instance: Instance, number: number) {
    this.instance = instance;
    this.number = number;
  }

  /** What a host needs to go on. */
  state(): InstanceState {
    return { instance: this.instance, pointers: this.activations.open, cursors: new Map() };
  }

  /** Position of the last event of a name and key that it took; 0 for none. */
  cursor(identity: string): number {
    return this.#cursors.get(identity) ?? 0;
  }

  /** An event was taken. */
  moveCursor(identity: string, seq: number): void {
    this.#cursors.set(identity, Math.max(seq, this.cursor(identity)));
  }

  /** Whether an event is among the mail. */
  hasMailed({ event, identity }: KeptEvent): boolean {
    return this.#mailed.get(identity)?.includes(event.seq) ?? false;
  }

  /** Position of the last event of a name and key among the mail; 0 for none. */
  lastMailed(identity: string): number {
    return this.#mailed.get(identity)?.at(-1) ?? 0;
  }

  /** Adds to the mail; the header is the caller's to change. */
  keepMail(mail: KeptMail): void {
    this.#mail.push(mail);
    if ("message" in mail) return;
    const { event } = mail;
    this.#mailed.getOrInsertComputed(event.identity, () => []).push(event.event.seq);
    event.references++;
  }

  /** Forgets the mail up to a position. */
  dropMail(upTo: number): void {
    const kept = this.#mail.findIndex(({ seq }) => seq > upTo);
    for (const mail of this.#mail.splice(0, kept < 0 ? this.#mail.length : kept)) {
      if ("message" in mail) continue;
      const { event } = mail;
      const mailed = this.#mailed.get(event.identity)!;
      mailed.shift();
      if (mailed.length === 0) this.#mailed.delete(event.identity);
      event.references--;
    }
  }

  /** The messages behind a position. */
  readMail(after: number): Mail[] {
    return this.#mail.filter(({ seq }) => seq > after).map((mail): Mail => {
      if ("message" in mail) return Object.freeze({ ...mail.message, seq: mail.seq });
      const { seq, event: { event } } = mail;
      return Object.freeze({ kind: "event", event, cursor: this.cursor(cursorKey(event)), seq });
    });
  }
}
