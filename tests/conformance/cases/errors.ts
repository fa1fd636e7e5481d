import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { NonRetryableError, RetryAfterError } from "../../../src/definition/errors.ts";
import { ExecutionResult } from "../../../src/definition/execution_result.ts";
import type { Cases } from "../cases.ts";

/** Failures, and what follows them. */
export const errorCases: Cases = {
  "22. the limit of retries ends the run with the last error; attempts and schedule survive a restart":
    async (
      scene,
    ) => {
      const definition = new WorkflowBuilder().startWith((ctx) => {
        scene.note(Math.round(scene.seconds));
        throw Object.assign(new TypeError(`attempt ${ctx.attempt}`), { code: "E_LAST" });
      }).name("Bad").onError(ErrorBehavior.retry({ interval: "10s", maxRetries: 3, backoff: 2 }))
        .build("limited", 1);
      const first = await scene.host([definition]);
      const { id } = await scene.start(first, "limited");
      await scene.pass("15s");
      deepEqual(scene.effects, [0, 10]);
      await scene.stop(first);
      const second = await scene.host([definition]);
      const { status, error } = await scene.until(second.getHandle(id).atRest());
      deepEqual(scene.effects, [0, 10, 30, 70]);
      const { type, message, code, attempt, step, stack } = error!;
      deepEqual([status, type, message, code, attempt, step], [
        "Failed",
        "TypeError",
        "attempt 4",
        "E_LAST",
        4,
        "Bad",
      ]);
      equal(typeof stack, "string");
    },

  "NonRetryableError ends the retries, RetryAfterError chooses the pause": async (scene) => {
    const policy = ErrorBehavior.retry({ interval: "1s", maxRetries: 5 });
    const definition = new WorkflowBuilder().startWith((ctx) => {
      scene.note(scene.seconds);
      if (ctx.attempt === 1) throw new RetryAfterError("busy", 42_000);
      throw new NonRetryableError("no card");
    }).name("Charge").onError(policy).build("charge", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.type, scene.effects], ["Failed", "NonRetryableError", [0, 42]]);
  },

  "retry({ on }) tries again what it names, by code or class, and nothing else": async (scene) => {
    const thrown = [
      Object.assign(new Error("by code"), { code: "E_BUSY" }),
      new RangeError("by class"),
      new TypeError("not named"),
    ];
    const definition = new WorkflowBuilder().startWith((ctx) => {
      throw thrown[ctx.attempt - 1];
    }).name("Bad").onError(
      ErrorBehavior.retry({ interval: "1s", maxRetries: 9, on: ["E_BUSY", "RangeError"] }),
    )
      .build("named", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.message, error?.attempt], ["Failed", "not named", 3]);
  },

  "pauses grow by the factor up to the longest": async (scene) => {
    const policy = ErrorBehavior.retry({ interval: "1s", maxRetries: 5, backoff: 3, maxInterval: "10s" });
    const definition = new WorkflowBuilder().startWith(() => {
      scene.note(scene.seconds);
      throw new Error("again");
    }).name("Bad").onError(policy).build("growing", 1);
    await scene.play(definition);
    deepEqual(scene.effects, [0, 1, 4, 13, 23, 33]);
  },

  "a step over its timeout is aborted, and that is a failure like any other": async (scene) => {
    const definition = new WorkflowBuilder().startWith((ctx) => {
      scene.note(ctx.attempt);
      const { promise, reject } = Promise.withResolvers<never>();
      ctx.signal.addEventListener("abort", () => reject(new Error("stopped")));
      // Time does not pass by itself while a body runs.
      queueMicrotask(() => scene.clock.advance(20_000));
      return promise;
    }).name("Slow").timeout("20s").onError(ErrorBehavior.retry({ interval: "1s", maxRetries: 1 }))
      .build("slow", 1);
    const { status, error } = await scene.play(definition);
    deepEqual([status, error?.type, error?.code, scene.effects], [
      "Failed",
      "StepTimeoutError",
      "STEP_TIMEOUT",
      [1, 2],
    ]);
  },

  "an interruption uses up no retry": async (scene) => {
    const definition = new WorkflowBuilder().startWith((ctx) => {
      scene.note(ctx.attempt);
      if (ctx.attempt > 2) return "done";
      reached.resolve();
      return new Promise<never>((_, reject) =>
        ctx.signal.addEventListener("abort", () => reject(new Error("interrupted")))
      );
    }).name("Long").onError(ErrorBehavior.fail()).build("interrupted", 1);
    let reached = Promise.withResolvers<void>();
    for (let stop = 0; stop < 2; stop++) {
      reached = Promise.withResolvers();
      const host = await scene.host([definition]);
      if (stop === 0) await scene.start(host, "interrupted");
      await scene.until(reached.promise);
      await scene.until(host.stop({ grace: 0 }));
    }
    const last = await scene.host([definition]);
    await scene.until(last.getHandle("run-1").result());
    const [long] = await scene.store.pointers("run-1");
    deepEqual([scene.effects, long?.attempt, long?.failures], [[1, 2, 3], 3, 0]);
  },

  "a body may throw anything, and return what cannot be stored: both are failures of the step": async (
    scene,
  ) => {
    const bad = (id: string, body: () => unknown) =>
      new WorkflowBuilder().startWith(body as () => void).name("Bad").onError(ErrorBehavior.fail()).build(
        id,
        1,
      );
    const bodies: Readonly<Record<string, () => unknown>> = {
      null: () => {
        throw null;
      },
      text: () => {
        throw "text";
      },
      object: () => {
        throw { code: "E_OBJECT" };
      },
      rejection: () => Promise.reject(new Error("rejected")),
      date: () => new Date(0),
      cycle: () => {
        const cycle: { self?: unknown } = {};
        return cycle.self = cycle;
      },
      outcome: () => ExecutionResult.outcome(NaN),
      large: () => "x".repeat(1_100_000),
    };
    const host = await scene.host(Object.entries(bodies).map(([id, body]) => bad(id, body)));
    const failures: Record<string, string> = {};
    for (const id of Object.keys(bodies)) {
      const { status, error } = await scene.until((await scene.start(host, id)).atRest());
      failures[id] = `${status} ${error?.type} ${error?.code}`;
    }
    deepEqual(failures, {
      null: "Failed Error null",
      text: "Failed Error null",
      object: "Failed Error E_OBJECT",
      rejection: "Failed Error null",
      date: "Failed InvalidJsonError INVALID_JSON",
      cycle: "Failed InvalidJsonError INVALID_JSON",
      outcome: "Failed InvalidJsonError INVALID_JSON",
      large: "Failed PayloadTooLargeError PAYLOAD_TOO_LARGE",
    });
  },

  "a failed attempt's changes of the data are dropped": async (scene) => {
    const definition = new WorkflowBuilder<{ readonly n: number }>().startWith((ctx) => {
      ctx.update("n", (n) => n + 1);
      if (ctx.attempt < 3) throw new Error("not yet");
    }).name("Flaky").onError(ErrorBehavior.retry({ interval: "1s", maxRetries: 5 })).build("dropped", 1);
    deepEqual((await scene.play(definition, { n: 0 })).data, { n: 1 });
  },
};
