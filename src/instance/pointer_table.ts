import type { Pointer } from "./instance.ts";
import { isBusy, isSettled } from "./status.ts";

const chunkBits = 5;

/** Pointers whose ids share all but the last five bits, in the order of their ids; there is one at least. */
interface Chunk {
  /** The id without those bits. */
  readonly key: number;
  readonly pointers: readonly Pointer[];
  /** The earliest time at which one of them goes on by itself. */
  readonly dueAt: number | null;
}

/**
 * The pointers that a run still needs, by id. Immutable: a change copies a chunk of at most 32 and the list of chunks,
 * so that a transition of a run with 10,000 branches costs little more than one of a run with ten.
 */
export class PointerTable implements Iterable<Pointer> {
  /** A table without pointers. */
  static readonly empty: PointerTable = new PointerTable([], 0, 0, 0);

  /** In the order of their keys. */
  readonly #chunks: readonly Chunk[];
  /** How many pointers there are. */
  readonly size: number;
  /** How many of them are Running or Compensating. */
  readonly busy: number;
  /** How many of them are Pending. */
  readonly pending: number;

  private constructor(chunks: readonly Chunk[], size: number, busy: number, pending: number) {
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
    const key = id >> chunkBits;
    const chunk = this.#chunks[chunkIndex(this.#chunks, key)];
    if (chunk?.key !== key) return undefined;
    for (const pointer of chunk.pointers) if (pointer.id === id) return pointer;
  }

  /** All pointers, in the order of their ids. */
  *[Symbol.iterator](): Iterator<Pointer> {
    for (const { pointers } of this.#chunks) yield* pointers;
  }

  /**
   * The earliest time at which a pointer that has not settled goes on by itself. Known of each chunk: it is asked for at
   * each transition, and must not look at every pointer.
   */
  get earliestDue(): number | null {
    return earliest(this.#chunks);
  }

  /** A table in which these pointers are new or changed; those that are open no more are left out. */
  with(changed: Iterable<Pointer>): PointerTable {
    const chunks = this.#chunks.slice();
    let { size, busy, pending } = this;
    for (const pointer of changed) {
      const key = pointer.id >> chunkBits;
      const index = chunkIndex(chunks, key);
      const known = chunks[index]?.key === key ? chunks[index]!.pointers : [];
      const before = known.find(({ id }) => id === pointer.id);
      const after = pointer.open ? pointer : undefined;
      size += Number(!!after) - Number(!!before);
      busy += Number(!!after && isBusy(after.status)) - Number(!!before && isBusy(before.status));
      pending += Number(after?.status === "Pending") - Number(before?.status === "Pending");
      const pointers = replaced(known, pointer.id, after);
      const isKnown = known.length > 0;
      if (pointers.length === 0) chunks.splice(index, isKnown ? 1 : 0);
      else chunks.splice(index, isKnown ? 1 : 0, { key, pointers, dueAt: earliest(pointers) });
    }
    return new PointerTable(chunks, size, busy, pending);
  }
}

function earliest(all: readonly (Chunk | Pointer)[]): number | null {
  let result: number | null = null;
  for (const one of all) {
    if (one.dueAt === null || "status" in one && isSettled(one.status)) continue;
    if (result === null || one.dueAt < result) result = one.dueAt;
  }
  return result;
}

/** Index of the chunk with this key, or of where it belongs. What is looked for is mostly at the end. */
function chunkIndex(chunks: readonly Chunk[], key: number): number {
  let low = 0;
  let high = chunks.length;
  if (high > 0 && chunks[high - 1]!.key <= key) low = chunks[high - 1]!.key === key ? high - 1 : high;
  while (low < high && chunks[low]!.key !== key) {
    const middle = (low + high) >> 1;
    if (chunks[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** These pointers with the one of this id replaced, put in where it belongs, or left out. */
function replaced(pointers: readonly Pointer[], id: number, after: Pointer | undefined): readonly Pointer[] {
  const result: Pointer[] = [];
  let index = 0;
  while (index < pointers.length && pointers[index]!.id < id) result.push(pointers[index++]!);
  if (after) result.push(after);
  if (pointers[index]?.id === id) index++;
  while (index < pointers.length) result.push(pointers[index++]!);
  return result;
}
