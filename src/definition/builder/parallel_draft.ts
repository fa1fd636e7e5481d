import type { BranchDraft, ChainDraft } from "./draft.ts";

/** Gathers the branches of a `parallel`. Immutable. */
export class ParallelDraft {
  /** The branches so far. */
  readonly branches: readonly BranchDraft[];
  readonly #describe: (branch: unknown) => ChainDraft;

  /** `describe` calls the function that describes a branch. */
  constructor(describe: (branch: unknown) => ChainDraft, branches: readonly BranchDraft[] = []) {
    this.#describe = describe;
    this.branches = branches;
  }

  /** How many branches there are. */
  get branchCount(): number {
    return this.branches.length;
  }

  /** Adds a branch. */
  branch(branch: unknown): ParallelDraft {
    const label = String(this.branchCount + 1);
    return new ParallelDraft(this.#describe, [...this.branches, { label, chain: this.#describe(branch) }]);
  }
}
