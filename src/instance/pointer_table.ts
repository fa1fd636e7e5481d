import type { Pointer } from "./instance.ts";
import { isBusy } from "./status.ts";

const chunkBits = 5;
const chunkSize = 1 << chunkBits;

/** Pointers whose ids share all but the last five bits. */
type Chunk = readonly (Pointer | undefined)[];

/**
 * The pointers that a run still needs, by id. Immutable: a change copies a chunk of 32 and the list of chunks, so that
 * a transition of a run with 10,000 branches costs little more than one of a run with ten.
 */
export class PointerTable implements Iterable<Pointer> {
  /** A table without pointers. */
  static readonly empty: PointerTable = new PointerTable(new Map(), 0, 0, 0);

  readonly #chunks: ReadonlyMap<number, Chunk>;
  /** How many pointers there are. */
  readonly size: number;
  /** How many of them are Running or Compensating. */
  readonly busy: number;
  /** How many of them are Pending. */
  readonly pending: number;

  private constructor(chunks: ReadonlyMap<number, Chunk>, size: number, busy: number, pending: number) {
    this.#chunks = chunks;
    this.size = size;
    this.busy = busy;
    this.pending = pending;
  }

  /** A table of these pointers. */
  static of(pointers: Iterable<Pointer>): PointerTable {
    return PointerTable.empty.with(pointers);
  }

  /** The pointer with this id, if the run still needs it. */
  get(id: number): Pointer | undefined {
    return this.#chunks.get(id >> chunkBits)?.[id & (chunkSize - 1)];
  }

  /** All pointers, in the order of their ids. */
  *[Symbol.iterator](): Iterator<Pointer> {
    for (const key of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      for (const pointer of this.#chunks.get(key)!) if (pointer) yield pointer;
    }
  }

  /** A table in which these pointers are new or changed; those that are open no more are left out. */
  with(changed: Iterable<Pointer>): PointerTable {
    const chunks = new Map(this.#chunks);
    const copied = new Map<number, (Pointer | undefined)[]>();
    let { size, busy, pending } = this;
    for (const pointer of changed) {
      const key = pointer.id >> chunkBits;
      let chunk = copied.get(key);
      if (!chunk) {
        chunk = chunks.get(key)?.slice() ?? new Array(chunkSize).fill(undefined);
        copied.set(key, chunk);
        chunks.set(key, chunk);
      }
      const place = pointer.id & (chunkSize - 1);
      const before = chunk[place];
      const after = pointer.open ? pointer : undefined;
      chunk[place] = after;
      size += Number(!!after) - Number(!!before);
      busy += Number(!!after && isBusy(after.status)) - Number(!!before && isBusy(before.status));
      pending += Number(after?.status === "Pending") - Number(before?.status === "Pending");
    }
    for (const [key, chunk] of copied) if (chunk.every((pointer) => !pointer)) chunks.delete(key);
    return new PointerTable(chunks, size, busy, pending);
  }
}
