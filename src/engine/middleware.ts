import type { JsonObject } from "../definition/json.ts";
import type { StepFunction, StepReturn } from "../definition/step_body.ts";
import type { StepContext } from "../definition/step_context.ts";
import type { Instance } from "../instance/instance.ts";

/** What somebody asks for who starts a run. */
export interface StartRequest {
  /** Id of the definition. */
  readonly definitionId: string;
  /** First data. */
  readonly data: JsonObject;
  /** Id of the run to be. */
  readonly runId: string;
}

/** Code around what a host does. What is registered first is outermost. Each function must call `next` once. */
export interface Middleware {
  /** Around the start of a run. What it throws refuses the start. */
  start?(request: StartRequest, next: () => Promise<void>): Promise<void>;
  /** Around each attempt of a step. What it throws is a failure of the step. */
  step?(ctx: StepContext, next: () => Promise<StepReturn>): Promise<StepReturn>;
  /** Around telling that a run has ended, on the host that recorded its end; a crash may skip it. */
  complete?(run: Instance, next: () => Promise<void>): Promise<void>;
}

/** All middleware of a host. */
export class Middlewares {
  readonly #start: NonNullable<Middleware["start"]>[] = [];
  readonly #step: NonNullable<Middleware["step"]>[] = [];
  readonly #complete: NonNullable<Middleware["complete"]>[] = [];

  constructor(all: readonly Middleware[]) {
    for (const middleware of all) {
      if (middleware.start) this.#start.push(middleware.start.bind(middleware));
      if (middleware.step) this.#step.push(middleware.step.bind(middleware));
      if (middleware.complete) this.#complete.push(middleware.complete.bind(middleware));
    }
  }

  /** Whether somebody wants to be around the end of runs. */
  get watchesEnds(): boolean {
    return this.#complete.length > 0;
  }

  /** Runs `action` inside of all that are around starts. */
  aroundStart(request: StartRequest, action: () => Promise<void>): Promise<void> {
    return nest(this.#start, request, action);
  }

  /** A body inside of all that are around steps. */
  aroundStep(body: StepFunction): StepFunction {
    if (this.#step.length === 0) return body;
    // deno-lint-ignore require-await
    return (ctx) => nest(this.#step, ctx as unknown as StepContext, async () => body(ctx));
  }

  /** Runs `action` inside of all that are around ends. */
  aroundEnd(run: Instance, action: () => Promise<void>): Promise<void> {
    return nest(this.#complete, run, action);
  }
}

function nest<Subject, Result>(
  layers: readonly ((subject: Subject, next: () => Promise<Result>) => Promise<Result>)[],
  subject: Subject,
  action: () => Promise<Result>,
): Promise<Result> {
  return layers.reduceRight<() => Promise<Result>>(
    (next, layer) => () => layer(subject, next),
    action,
  )();
}
