import type { StepContext } from "../../../src/definition/step_context.ts";

/** One line of the effect log: what a step body did, noted outside the store. */
export interface Effect {
  /** Id of the run. */
  readonly run: string;
  /** Key of the step. */
  readonly step: string;
  /** Idempotency key of the activation. */
  readonly key: string;
  /** Which attempt of the activation. */
  readonly attempt: number;
  /** The body begins, has done its work, asks to be entered again, fails, or was cut short. */
  readonly phase: "begin" | "end" | "pause" | "fail" | "stop";
  /** What it returns then; no two executions return the same. */
  readonly value: string | null;
  /** The process that did it. */
  readonly process: string;
}

/** The independent witness of every crash test: step bodies append to it, and no store can take back what it says. */
export interface EffectLog {
  /** Adds a line, durably before it returns. */
  append(effect: Effect): void;
}

/** What is the same in all lines of one execution. */
export function effectOf(ctx: StepContext, process: string): Omit<Effect, "phase" | "value"> {
  const { workflow, step, idempotencyKey, attempt } = ctx;
  return { run: workflow.id, step: step.key, key: idempotencyKey, attempt, process };
}

/** Whether an effect is that of an undo. */
export function isUndo({ key }: Pick<Effect, "key">): boolean {
  return key.endsWith("/undo");
}

/** Id of the activation that an effect belongs to; of an undo, the activation that it takes back. */
export function pointerOf({ key }: Pick<Effect, "key">): number {
  return Number(key.split("/")[1]);
}
