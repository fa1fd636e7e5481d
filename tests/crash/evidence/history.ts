import type { Instance, Pointer } from "../../../src/instance/instance.ts";

/** The header of a run as one accepted write left it. */
export type Header = Pick<
  Instance,
  | "id"
  | "definitionHash"
  | "status"
  | "attempt"
  | "epoch"
  | "owner"
  | "sequence"
  | "inboxRead"
  | "nextPointer"
  | "crashes"
  | "reason"
>;

/** An activation as one accepted write left it. */
export type PointerRow = Pick<
  Pointer,
  | "id"
  | "stepKey"
  | "parent"
  | "branch"
  | "undoes"
  | "status"
  | "order"
  | "attempt"
  | "failures"
  | "dueAt"
  | "output"
  | "startedAt"
  | "endedAt"
>;

/** One accepted write of a run, in the order in which the store accepted them. */
export interface HistoryEntry {
  /** How it came: `change` may be anybody's, the others are the owner's. Null where it is not known. */
  readonly kind: "create" | "claim" | "commit" | "change" | null;
  /** Who wrote it, where it is known. */
  readonly writer: string | null;
  /** Milliseconds of the store's clock. */
  readonly at: number;
  /** The header afterwards. */
  readonly header: Header;
  /** The activations that it made or changed. */
  readonly pointers: readonly PointerRow[];
}

/** The header's part of history. */
export function headerOf(instance: Instance): Header {
  const { id, definitionHash, status, attempt, epoch, owner, sequence, inboxRead } = instance;
  const { nextPointer, crashes, reason } = instance;
  return {
    id,
    definitionHash,
    status,
    attempt,
    epoch,
    owner,
    sequence,
    inboxRead,
    nextPointer,
    crashes,
    reason,
  };
}

/** The activation's part of history. */
export function rowOf(pointer: Pointer): PointerRow {
  const { id, stepKey, parent, branch, undoes, status, order, attempt, failures } = pointer;
  const { dueAt, output, startedAt, endedAt } = pointer;
  return {
    id,
    stepKey,
    parent,
    branch,
    undoes,
    status,
    order,
    attempt,
    failures,
    dueAt,
    output,
    startedAt,
    endedAt,
  };
}
