import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { JsonObject } from "../../src/definition/json.ts";
import type { StepExecutor } from "../../src/definition/step_body.ts";
import { fakeStepContext } from "../fake_step_context.ts";
import { processesNaming } from "../processes.ts";

/** A step that does not end by itself. */
export interface StuckStep {
  /** `deno` or `shell`. */
  readonly type: string;
  /** What it is stuck in. */
  readonly kind: string;
  /** What it is to its executor. It prints the line `on` just before it is stuck. */
  readonly config: JsonObject;
  /** Milliseconds that it is given to end, where it does not do so before. */
  readonly grace: number;
}

/** How a stuck step was ended. */
export interface StuckEnd {
  /** Milliseconds that its end took from when its time was up, beyond its grace. */
  readonly overshoot: number;
  /** Processes and folders that were left of it. */
  readonly left: number;
}

/** Milliseconds from `on` until the time of a step is up: by then it is stuck. */
const pause = 20;

/** Runs a stuck step until its time is up, and looks what is left of it. */
export async function endStuck(
  executor: StepExecutor,
  { type, config, grace }: StuckStep,
): Promise<StuckEnd> {
  const timeout = new DOMException("the step's time is up", "TimeoutError");
  const abort = new AbortController();
  let upAt = NaN;
  let held: { readonly token: string; readonly folder: string } | undefined;
  const timeIsUp = () => {
    upAt = performance.now();
    abort.abort(timeout);
  };
  const { ctx } = fakeStepContext(type, config, {
    signal: abort.signal,
    onHold: (value) => void (held = value as typeof held),
    onLine: (_, line) => void (line === "on" && setTimeout(timeIsUp, pause)),
  });
  const thrown = await executor.run(ctx).then(() => "it ended by itself", (error: unknown) => error);
  const overshoot = Math.max(0, performance.now() - upAt - grace);
  assert.equal(thrown, timeout);
  assert.ok(held, "the step has not been recorded");
  const processes = await processesNaming(held.token);
  return { overshoot, left: processes.length + Number(existsSync(held.folder)) };
}
