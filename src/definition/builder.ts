import { deepFreeze } from "./canonical_json.ts";
import { attachCode } from "./code.ts";
import type { StepDefinition, WorkflowDefinition } from "./definition.ts";
import { type Duration, parseDuration } from "./duration.ts";
import type { ErrorPolicy } from "./error_behavior.ts";
import type { JsonObject } from "./json.ts";
import type { StepClass, StepFunction } from "./step_body.ts";
import { validateDefinition } from "./validate.ts";

/** What the builder knows of one step before `build`. */
interface StepDraft {
  readonly body?: StepFunction;
  readonly bodyName?: string;
  readonly name?: string;
  readonly id?: string;
  readonly timeout?: number;
  readonly onError?: ErrorPolicy;
  readonly end?: true;
}

/**
 * Describes a workflow step by step. Immutable: each call returns a new builder, so that a prefix can be used again.
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
 */
export class WorkflowBuilder<Data = JsonObject> {
  readonly #description: string | undefined;
  readonly #onError: ErrorPolicy | undefined;

  /** `onError` applies to every step without a policy of its own. */
  constructor(options: WorkflowOptions = {}) {
    this.#description = options.description;
    this.#onError = options.onError;
  }

  /** Begins with a step: a class with `run(ctx)`, or a function of `ctx`. */
  startWith(body: StepClass<Data> | StepFunction<Data>): StepBuilder<Data> {
    return new StepBuilder<Data>({ description: this.#description, onError: this.#onError }, [draft(body)]);
  }
}

/** Options of a whole workflow. */
export interface WorkflowOptions {
  /** One line for people. */
  readonly description?: string | undefined;
  /** What happens when a step without a policy of its own fails. */
  readonly onError?: ErrorPolicy | undefined;
}

/** A workflow under construction; `name`, `id`, `timeout` and `onError` are about the step added last. */
export class StepBuilder<Data = JsonObject> {
  readonly #options: WorkflowOptions;
  readonly #steps: readonly StepDraft[];

  /** Made by {@linkcode WorkflowBuilder.startWith}. */
  constructor(options: WorkflowOptions, steps: readonly object[]) {
    this.#options = options;
    this.#steps = steps;
  }

  /** Names the step; its records are found by this name unless it has an id. */
  name(name: string): StepBuilder<Data> {
    return this.#change({ name });
  }

  /** Gives the step a key of its own, so that its name can change while runs are in flight. */
  id(id: string): StepBuilder<Data> {
    return this.#change({ id });
  }

  /** Bounds one attempt of the step. */
  timeout(duration: Duration): StepBuilder<Data> {
    return this.#change({ timeout: parseDuration(duration) });
  }

  /** Says what happens when the step fails. */
  onError(policy: ErrorPolicy): StepBuilder<Data> {
    return this.#change({ onError: policy });
  }

  /** Adds a step: a class with `run(ctx)`, or a function of `ctx`. */
  then(body: StepClass<Data> | StepFunction<Data>): StepBuilder<Data> {
    return this.#add(draft(body));
  }

  /** Ends the run here, from any branch. */
  endWorkflow(): StepBuilder<Data> {
    return this.#add({ end: true });
  }

  /**
   * Checks the workflow and returns it as frozen data.
   *
   * @throws {InvalidDefinitionError} listing everything that is wrong
   */
  build(id: string, version: number): WorkflowDefinition<Data> {
    const keys = this.#steps.map((step, index) => step.id ?? step.name ?? defaultKey(step, index));
    const steps = this.#steps.map((step, index) => toDefinition(step, keys[index]!, keys[index + 1]));
    const { description, onError } = this.#options;
    const definition: WorkflowDefinition<Data> = {
      id,
      version,
      ...(description !== undefined && { description }),
      ...(onError && { onError }),
      steps,
    };
    validateDefinition(definition);
    deepFreeze(definition);
    const bodies = new Map(
      this.#steps.flatMap((step, index) => step.body ? [[keys[index]!, step.body]] : []),
    );
    attachCode(definition, { bodies });
    return definition;
  }

  #add(step: StepDraft): StepBuilder<Data> {
    return new StepBuilder(this.#options, [...this.#steps, step]);
  }

  #change(change: StepDraft): StepBuilder<Data> {
    return new StepBuilder(this.#options, [...this.#steps.slice(0, -1), {
      ...this.#steps.at(-1),
      ...change,
    }]);
  }
}

function draft<Data>(body: StepClass<Data> | StepFunction<Data>): StepDraft {
  const run = isStepClass(body) ? (ctx: never) => new body().run(ctx) : body;
  return { body: run as StepFunction, bodyName: body.name };
}

function isStepClass<Data>(body: StepClass<Data> | StepFunction<Data>): body is StepClass<Data> {
  return typeof body.prototype?.run === "function";
}

function defaultKey(step: StepDraft, index: number): string {
  return `${index + 1}:${step.end ? "end" : step.bodyName || "step"}`;
}

function toDefinition(step: StepDraft, key: string, next: string | undefined): StepDefinition {
  return {
    key,
    ...(step.name !== undefined && { name: step.name }),
    type: step.end ? "end" : "code",
    ...(step.timeout !== undefined && { timeout: step.timeout }),
    ...(step.onError && { onError: step.onError }),
    ...(next !== undefined && !step.end && { next: [next] }),
    ...(step.end && { end: true as const }),
  };
}
