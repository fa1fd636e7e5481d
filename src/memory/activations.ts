import type { Pointer } from "../instance/instance.ts";
import { PointerTable } from "../instance/pointer_table.ts";
import { isSettled, pointerTransitions } from "../instance/status.ts";
import type { BranchScope } from "../instance/transition.ts";

/** Ids of the activations of one container, by branch, in the order of creation. */
type Branches = Map<number, number[]>;

/** All activations that are kept of one run. */
export class Activations {
  readonly #all = new Map<number, Pointer>();
  readonly #inside = new Map<number | null, Branches>();
  #open = PointerTable.empty;

  /** Those that the run still needs. */
  get open(): PointerTable {
    return this.#open;
  }

  /** All, in the order of creation. */
  all(): Pointer[] {
    return [...this.#all.values()];
  }

  /** One of them. */
  find(id: number): Pointer | undefined {
    return this.#all.get(id);
  }

  /** Whether a pointer may be written as it is: what is recorded never changes. */
  allows({ id, status, output }: Pointer): boolean {
    const kept = this.#all.get(id);
    if (!kept || !isSettled(kept.status)) return true;
    if (status !== kept.status) return pointerTransitions[kept.status].includes(status);
    return status !== "Complete" || JSON.stringify(output) === JSON.stringify(kept.output);
  }

  /** Writes frozen pointers, closes others, and forgets branches that are over. */
  write(pointers: readonly Pointer[], released: readonly number[], folded: readonly BranchScope[]): void {
    const closed = released.flatMap((id) => {
      const pointer = this.#all.get(id);
      return pointer ? [Object.freeze({ ...pointer, open: false })] : [];
    });
    // New ones in the order of their ids, so that the order of insertion is that of creation.
    const changed = [...pointers.toSorted((a, b) => a.id - b.id), ...closed];
    for (const pointer of changed) {
      if (!this.#all.has(pointer.id)) this.#branch(pointer.parent, pointer.branch).push(pointer.id);
      this.#all.set(pointer.id, pointer);
    }
    if (changed.length > 0) this.#open = this.#open.with(changed);
    for (const scope of folded) this.#fold(scope);
  }

  /** The activation of a step that completed last: in the first scope that has one, else anywhere. */
  lastCompleted(stepKey: string, scopes: readonly BranchScope[]): Pointer | null {
    const fits = (pointer: Pointer) => pointer.stepKey === stepKey && pointer.status === "Complete";
    for (const { parent, branch } of scopes) {
      const ids = this.#inside.get(parent)?.get(branch) ?? [];
      const id = ids.findLast((id) => fits(this.#all.get(id)!));
      if (id !== undefined) return this.#all.get(id)!;
    }
    return this.all().findLast(fits) ?? null;
  }

  #branch(parent: number | null, branch: number): number[] {
    const branches: Branches = this.#inside.getOrInsertComputed(parent, () => new Map());
    return branches.getOrInsertComputed(branch, () => []);
  }

  #fold({ parent, branch }: BranchScope): void {
    const ids = [...this.#idsIn(parent, branch)];
    const isNeeded = ids.some((id) => this.#open.get(id) || this.#all.get(id)!.status === "Failed");
    if (isNeeded) return;
    for (const id of ids) {
      this.#all.delete(id);
      this.#inside.delete(id);
    }
    const branches = this.#inside.get(parent);
    branches?.delete(branch);
    if (branches?.size === 0) this.#inside.delete(parent);
  }

  *#idsIn(parent: number | null, branch: number): Iterable<number> {
    for (const id of this.#inside.get(parent)?.get(branch) ?? []) {
      yield id;
      for (const inner of this.#inside.get(id)?.keys() ?? []) yield* this.#idsIn(id, inner);
    }
  }
}
