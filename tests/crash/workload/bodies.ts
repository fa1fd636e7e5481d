import type { History } from "../../../src/definition/definition.ts";
import { ExecutionResult } from "../../../src/definition/execution_result.ts";
import type { JsonObject } from "../../../src/definition/json.ts";
import type { StepFunction, StepReturn } from "../../../src/definition/step_body.ts";
import type { StepContext } from "../../../src/definition/step_context.ts";
import { type EffectLog, effectOf } from "../evidence/effect.ts";
import type { SeededRandom } from "../seeded_random.ts";
import type { WorkData } from "./work_data.ts";

/** Milliseconds that the workload takes for things; all processes of one test have the same. */
export interface Pace {
  /** Around how long a body works. */
  readonly work: number;
  /** A pause that is worth waiting for. */
  readonly short: number;
  /** A pause that outlasts what others do meanwhile. */
  readonly long: number;
}

/** The process that bodies run in. */
export interface Surroundings {
  /** Its name. */
  readonly process: string;
  /** Where bodies note what they do. */
  readonly effects: EffectLog;
  /** Chance for how long they take. */
  readonly random: SeededRandom;
  /** How long things take. */
  readonly pace: Pace;
  /** How much of loops is kept. */
  readonly history: History;
  /** Lets time pass; rejects with the signal's reason when that aborts. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Ends the process at once, as `kill -9` does. */
  die(): Promise<never>;
}

/** What a body of the workload does beside being witnessed. What it throws is a scripted failure. */
export type Act = (ctx: StepContext<WorkData>) => JsonObject | ExecutionResult | void;

/** Makes step bodies that tell the effect log when they begin and how they end, and count themselves in the data. */
export class Bodies {
  /** The process. */
  readonly around: Surroundings;
  #executions = 0;

  constructor(around: Surroundings) {
    this.around = around;
  }

  /** A step that works for a while, or answers at once. */
  step(act: Act = () => {}): StepFunction<WorkData> {
    return (ctx) => this.#execute(ctx, act, ctx.step.key);
  }

  /** The undo of a step. */
  undo(act: Act = () => {}): StepFunction<WorkData> {
    return (ctx) => this.#execute(ctx, act, `undo ${ctx.step.key}`);
  }

  /** A step that does not end by itself on its first attempts. */
  hanging(attempts: number): StepFunction<WorkData> {
    return async (ctx) => {
      if (ctx.attempt > attempts) return this.#execute(ctx, () => {}, ctx.step.key);
      const note = this.#begin(ctx);
      try {
        for (;;) await this.around.pause(3_600_000, ctx.signal);
      } catch (error) {
        note("stop");
        throw error;
      }
    };
  }

  /** A step that kills its process on its first attempts. */
  deadly(attempts: number): StepFunction<WorkData> {
    return (ctx) => {
      if (ctx.attempt > attempts) return this.#execute(ctx, () => {}, ctx.step.key);
      this.#begin(ctx);
      return this.around.die();
    };
  }

  #begin(ctx: StepContext<WorkData>): (phase: "end" | "fail" | "pause" | "stop", value?: string) => void {
    const effect = effectOf(ctx as unknown as StepContext, this.around.process);
    const { effects } = this.around;
    effects.append({ ...effect, phase: "begin", value: null });
    return (phase, value = undefined) => effects.append({ ...effect, phase, value: value ?? null });
  }

  #execute(ctx: StepContext<WorkData>, act: Act, counted: string): StepReturn | Promise<StepReturn> {
    const { random, pace } = this.around;
    const note = this.#begin(ctx);
    const finish = (): StepReturn => {
      let result: ReturnType<Act>;
      try {
        result = act(ctx);
      } catch (error) {
        note("fail");
        throw error;
      }
      if (result instanceof ExecutionResult) {
        note("pause");
        return result;
      }
      const execution = `${ctx.idempotencyKey}#${ctx.attempt}@${this.around.process}:${++this.#executions}`;
      note("end", execution);
      ctx.update("counts", (counts) => ({ ...counts, [counted]: (counts[counted] ?? 0) + 1 }));
      return { ...result, execution };
    };
    if (random.chance(0.4)) return finish();
    return this.around.pause(random.span(pace.work), ctx.signal).then(finish, (error) => {
      note("stop");
      throw error;
    });
  }
}
