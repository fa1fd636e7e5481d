import type {
  ControlIntent,
  EventWait,
  Instance,
  Mail,
  Pointer,
  PublishedEvent,
} from "../instance/instance.ts";
import { cursorKey, type InstanceState } from "../instance/instance_state.ts";
import { PointerTable } from "../instance/pointer_table.ts";
import { isSettled } from "../instance/status.ts";
import type { NewEvent, Transition } from "../instance/transition.ts";

/** A message as it waits in the mailbox. */
interface Letter {
  readonly seq: number;
  readonly message:
    | { readonly kind: ControlIntent; readonly reason: string | null }
    | PublishedEvent;
}

/**
 * What a store keeps of one run, by the rules of the seam and no others: a state that is read from it holds only what
 * transitions have written. Everything goes through JSON.
 */
export class TestStore {
  /** Every activation that has not been folded. */
  readonly rows: Map<number, Pointer> = new Map();
  /** The open waits, by pointer. */
  readonly waits: Map<number, EventWait> = new Map();
  /** Everything that was published. */
  readonly published: PublishedEvent[] = [];
  #header: Instance | null = null;
  #letters: Letter[] = [];
  readonly #cursors = new Map<string, number>();
  readonly #messageIds = new Set<string>();

  /** The header as written. */
  get header(): Instance {
    return this.#header!;
  }

  /** Whether there is mail that no commit has taken out. */
  get hasMail(): boolean {
    return this.#letters.length > 0;
  }

  /** What a claim reads: the header and what is open. */
  read(): InstanceState {
    const open = [...this.rows.values()].filter((pointer) => pointer.open);
    return { instance: copy(this.header), pointers: PointerTable.of(copy(open)), cursors: new Map() };
  }

  /** Writes one transition whole. */
  write(transition: Transition, now: number): void {
    const { instance, pointers, released, folded, subscribed, unsubscribed, taken, published } = transition;
    if (this.#header) {
      const { epoch, sequence } = this.#header;
      if (epoch !== transition.epoch || sequence + 1 !== transition.sequence) {
        throw new Error(`epoch ${transition.epoch}, sequence ${transition.sequence} do not fit`);
      }
    }
    const inboxSeq = this.#header?.inboxSeq ?? 0;
    const data = this.#header && !transition.dataChanged ? this.#header.data : instance.data;
    this.#header = copy({ ...instance, data, inboxSeq });
    for (const pointer of copy(pointers)) this.#put(pointer);
    for (const id of released) this.#put({ ...this.rows.get(id)!, open: false });
    for (const scope of folded) this.#fold(scope);
    this.#letters = this.#letters.filter(({ seq }) => seq > instance.inboxRead);
    for (const id of unsubscribed) {
      if (!this.waits.delete(id)) throw new Error(`pointer ${id} was not subscribed`);
    }
    for (const { pointerId, wait } of copy(subscribed)) this.waits.set(pointerId, wait);
    for (const { name, key, seq } of taken) {
      const cursor = cursorKey({ name, key });
      this.#cursors.set(cursor, Math.max(seq, this.#cursors.get(cursor) ?? 0));
    }
    for (const event of published) this.publish(event, now);
    for (const { name, key } of [...subscribed.map(({ wait }) => wait), ...taken]) this.#deliver(name, key);
  }

  /** An event is published; the run gets it if it waits for its name and key. */
  publish(event: NewEvent, now: number): void {
    if (event.messageId !== null) {
      if (this.#messageIds.has(event.messageId)) return;
      this.#messageIds.add(event.messageId);
    }
    const { name, key, data, time } = copy(event);
    const kept = { seq: this.published.length + 1, name, key, data, time: time ?? now };
    this.published.push(kept);
    const fits = [...this.waits.values()].some((wait) =>
      wait.name === name && wait.key === key && wait.since <= kept.time
    );
    if (fits) this.#mail(kept);
  }

  /** A message is put into the mailbox. */
  send(kind: ControlIntent, reason: string | null = null): void {
    this.#mail({ kind, reason });
  }

  /** The mail behind a position. */
  mail(after: number): Mail[] {
    return copy(this.#letters.filter(({ seq }) => seq > after)).map(({ seq, message }) => {
      if ("kind" in message) return { seq, ...message };
      return { seq, kind: "event", event: message, cursor: this.#cursors.get(cursorKey(message)) ?? 0 };
    });
  }

  #mail(message: Letter["message"]): void {
    const seq = this.header.inboxSeq + 1;
    this.#header = { ...this.header, inboxSeq: seq };
    this.#letters.push({ seq, message });
  }

  #deliver(name: string, key: string): void {
    const cursor = this.#cursors.get(cursorKey({ name, key })) ?? 0;
    const waits = [...this.waits.values()].filter((wait) => wait.name === name && wait.key === key);
    const event = this.published.find((one) =>
      one.name === name && one.key === key && one.seq > cursor && waits.some(({ since }) => since <= one.time)
    );
    if (!event) return;
    if (!this.#letters.some(({ message }) => "time" in message && message.seq === event.seq)) {
      this.#mail(event);
    }
  }

  #put(pointer: Pointer): void {
    const before = this.rows.get(pointer.id);
    if (before && !before.open) throw new Error(`activation ${pointer.id} is over and is written again`);
    if (before && isSettled(before.status) && before.status !== pointer.status) {
      if (!["Pending", "Waiting"].includes(pointer.status)) {
        throw new Error(`activation ${pointer.id} was ${before.status} and is written as ${pointer.status}`);
      }
    }
    if (before?.status === "Complete") {
      const { open: _was, ...kept } = before;
      const { open: _is, ...given } = pointer;
      if (JSON.stringify(kept) !== JSON.stringify(given)) {
        throw new Error(`activation ${pointer.id} was Complete and is written again`);
      }
    }
    this.rows.set(pointer.id, pointer);
  }

  /** Forgets a branch, unless an activation in it is open or has failed. */
  #fold({ parent, branch }: { readonly parent: number | null; readonly branch: number }): void {
    const inside = new Set<number>();
    for (const pointer of this.rows.values()) {
      if (pointer.parent === parent && pointer.branch === branch && pointer.undoes === null) {
        inside.add(pointer.id);
      } else if (pointer.parent !== null && inside.has(pointer.parent)) inside.add(pointer.id);
    }
    const rows = [...inside].map((id) => this.rows.get(id)!);
    if (rows.some(({ open, status }) => open || status === "Failed")) return;
    for (const { id, status } of rows) {
      if (!isSettled(status)) throw new Error(`activation ${id} is folded while it is ${status}`);
      this.rows.delete(id);
    }
  }
}

function copy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}
