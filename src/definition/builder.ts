import type { Body, ExecutorStep, OutputOf } from "./builder/body.ts";
import { Chain } from "./builder/chain.ts";
import type { StepBuilder } from "./builder/step_builder.ts";
import type { Verbs } from "./builder/verbs.ts";
import type { WorkflowOptions } from "./builder/workflow_options.ts";
import type { JsonObject } from "./json.ts";
import type { StepReturn } from "./step_body.ts";

export type {
  AddedStep,
  CancelWhenOptions,
  ChainEnd,
  CompensateOptions,
  OutputKey,
} from "./builder/added_step.ts";
export type {
  Branch,
  BranchBuilder,
  BranchFunction,
  ParallelBranches,
  ParallelBuilder,
} from "./builder/branch.ts";
export type { DecideBuilder, IfBuilder } from "./builder/step_builder.ts";
export type { ForEachOptions, ParallelOptions, SagaOptions, WaitForOptions } from "./builder/verb_options.ts";
export type { Body, ExecutorStep, OutputOf, StepBuilder, Verbs, WorkflowOptions };

/**
 * Describes a workflow step by step. Immutable: each call returns a new builder, so that a prefix can be used again.
 *
 * The type parameter is the shape of the workflow's data; with an input schema it is what the schema gives.
 *
 * @example Two steps
 * ```ts
 * import { WorkflowBuilder } from "@wfe/engine";
 *
 * const definition = new WorkflowBuilder<{ name: string }>()
 *   .startWith((ctx) => ctx.logger.info(`Hello ${ctx.data.name}`)).name("Greet")
 *   .then(() => ({ done: true })).name("Finish")
 *   .build("greeting", 1);
 * ```
 *
 * @example Branches
 * ```ts
 * import { ErrorBehavior, WorkflowBuilder } from "@wfe/engine";
 *
 * interface Pizza {
 *   readonly toppings: readonly string[];
 *   readonly total: number;
 *   readonly bakedAt?: number;
 * }
 *
 * const definition = new WorkflowBuilder<Pizza>()
 *   .startWith((ctx) => ctx.update("total", (total) => total + 1)).name("Dough")
 *   .forEach((data) => data.toppings, (b) => b.then((ctx) => ctx.logger.info(String(ctx.item))).name("Top"))
 *   .ifDo((data) => data.total > 100, (b) => b.then(() => {}).name("Add gift"))
 *   .saga((b) =>
 *     b.then(() => ({ paid: 42 })).name("Pay").compensateWith((ctx) => ctx.logger.info("pay back"))
 *       .onError(ErrorBehavior.retry({ interval: "5s", maxRetries: 3 }))
 *   )
 *   .waitFor("oven.timer", "1", { timeout: "30m", onTimeout: (b) => b.endWorkflow() })
 *   .build("pizza", 1);
 * ```
 */
export interface WorkflowBuilder<Data = JsonObject> extends Verbs<Data> {
  /** Begins with a step: a class with `run(ctx)`, a function of `ctx`, or `{ type, config }` for an executor's. */
  startWith<Return extends StepReturn>(
    step: Body<Data, Return> | ExecutorStep,
  ): StepBuilder<Data, OutputOf<Return>>;
}

/** Begins the description of a workflow. */
export interface WorkflowBuilderConstructor {
  /** `options` are about the whole workflow. */
  new <Data = JsonObject>(options?: WorkflowOptions<Data>): WorkflowBuilder<Data>;
}

/** Describes a workflow step by step. */
export const WorkflowBuilder: WorkflowBuilderConstructor = Chain as unknown as WorkflowBuilderConstructor;
