import type { StepCode } from "../code.ts";
import type { CodeRole, StepDefinition } from "../definition.ts";
import type { JsonValue } from "../json.ts";
import { type BranchDraft, type ChainDraft, type JumpDraft, type StepDraft, stepsOf } from "./draft.ts";
import { branchPath, pathKey } from "./step_key.ts";

/** What drafts become. */
export interface WiredSteps {
  /** The steps in the order in which they are written, branches behind their step. */
  readonly steps: readonly StepDefinition[];
  /** Code by step key. */
  readonly code: ReadonlyMap<string, StepCode>;
}

/** Gives each step of a chain and of its branches a key, and leads them to one another. */
export function wire(chain: ChainDraft | null): WiredSteps {
  const wiring = new Wiring();
  if (chain) wiring.chain(chain, "");
  return wiring.done();
}

/** A step whose successors are not all known yet. */
interface OpenStep {
  readonly key: string;
  readonly draft: StepDraft;
  next: Target | null;
  branches: readonly Target[];
  outcomes: readonly { readonly value: JsonValue; readonly next: Target }[];
}

/** Where something leads: a jump may name a step that comes later, so its key is looked up in the end. */
type Target = OpenStep | JumpDraft;

/** A chain of which it is known where it begins and which steps end it. */
interface WiredChain {
  readonly entry: Target;
  readonly ends: readonly OpenStep[];
}

class Wiring {
  readonly #steps: OpenStep[] = [];

  chain(chain: ChainDraft, path: string): WiredChain {
    let entry: Target | undefined;
    let ends: readonly OpenStep[] = [];
    stepsOf(chain).forEach((draft, index) => {
      const [target, following] = "to" in draft ? [draft, []] : this.#step(draft, path, index + 1);
      for (const end of ends) end.next = target;
      entry ??= target;
      ends = following;
    });
    return { entry: entry!, ends };
  }

  done(): WiredSteps {
    const keys = new Map<string, string>();
    for (const { key, draft: { name } } of this.#steps) if (name !== undefined) keys.set(name, key);
    for (const { key } of this.#steps) keys.set(key, key);
    const keyOf = (target: Target) => "to" in target ? keys.get(target.to) ?? target.to : target.key;
    return {
      steps: this.#steps.map((step) => toDefinition(step, keyOf)),
      code: new Map(
        this.#steps.flatMap(({ key, draft: { code } }) => Object.keys(code).length > 0 ? [[key, code]] : []),
      ),
    };
  }

  /** A step, its branches and outcomes; and the steps from which the flow goes on behind it. */
  #step(draft: StepDraft, path: string, position: number): readonly [OpenStep, readonly OpenStep[]] {
    const key = draft.id ?? draft.name ?? pathKey(path, position, draft.kind);
    const step: OpenStep = { key, draft, next: null, branches: [], outcomes: [] };
    this.#steps.push(step);
    const chainOf = ({ label, chain }: BranchDraft) => this.chain(chain, branchPath(key, label));
    step.branches = draft.branches.map((branch) => chainOf(branch).entry);
    const outcomes = draft.outcomes.map(({ value, chain }) => ({
      value,
      ...chainOf({ label: labelOf(value), chain }),
    }));
    step.outcomes = outcomes.map(({ value, entry }) => ({ value, next: entry }));
    if (draft.type === "end") return [step, []];
    return [step, outcomes.length === 0 ? [step] : outcomes.flatMap(({ ends }) => ends)];
  }
}

function toDefinition(
  { key, draft, next, branches, outcomes }: OpenStep,
  keyOf: (target: Target) => string,
): StepDefinition {
  const { type, name, config, timeout, lock, onError, undo, cancelProceeds, rev } = draft;
  const roles = Object.keys(draft.code).filter((role) => role !== "body").sort() as CodeRole[];
  return {
    key,
    type,
    ...(name !== undefined && { name }),
    ...(config !== undefined && { config }),
    ...(timeout !== undefined && { timeout }),
    ...(lock !== undefined && { lock }),
    ...(onError !== undefined && { onError }),
    ...(undo !== undefined && { undo }),
    ...(cancelProceeds !== undefined && { cancelProceeds }),
    ...(rev !== undefined && { rev }),
    ...(roles.length > 0 && { code: roles }),
    ...(branches.length > 0 && { branches: branches.map(keyOf) }),
    ...(outcomes.length > 0 &&
      { outcomes: outcomes.map(({ value, next }) => ({ value, next: keyOf(next) })) }),
    ...(next !== null && { next: [keyOf(next)] }),
  };
}

/** An outcome as keys call it. */
function labelOf(value: JsonValue): string {
  const text = typeof value === "string" && value !== "" ? value : JSON.stringify(value);
  return [...text.replaceAll("/", "_")].slice(0, 40).join("");
}
