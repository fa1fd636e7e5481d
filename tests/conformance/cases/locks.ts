import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { door, turns, untilAborted } from "../../../src/engine/testing_host.ts";
import { MemoryLock } from "../../../src/memory/lock.ts";
import type { Cases } from "../cases.ts";

/** Locks that steps take. */
export const lockCases: Cases = {
  "steps that take the same lock run one at a time, whatever run and host they belong to": async (scene) => {
    let inside = 0;
    let most = 0;
    const definition = new WorkflowBuilder<{ readonly sum: number }>().forEach(
      () => [1, 2, 3],
      (b) =>
        b.then(async (ctx) => {
          await ctx.lock("printer");
          most = Math.max(most, ++inside);
          await turns(2);
          inside--;
          scene.note("printed");
          ctx.update("sum", (sum) => sum + Number(ctx.item));
        }).name("Print"),
    ).name("All").build("print", 1);
    const hosts = [await scene.host([definition]), await scene.host([definition])];
    const runs = [];
    for (const host of hosts) runs.push(await scene.start(host, "print", { sum: 0 }));
    for (const run of runs) deepEqual((await scene.until(run.result())).sum, 6);
    deepEqual([most, scene.effects.length], [1, 6]);
  },

  "a result whose lock another has had since is refused, its step runs again, and uses up no retry": async (
    scene,
  ) => {
    const { reached, open, pass } = door();
    const slow = new WorkflowBuilder<{ readonly by?: number }>().startWith(async (ctx) => {
      await ctx.lock("door");
      scene.note(`slow ${ctx.attempt}`);
      if (ctx.attempt === 1) await pass(ctx as never);
      ctx.set({ by: ctx.attempt });
    }).name("Slow").onError(ErrorBehavior.fail()).build("slow", 1);
    const quick = new WorkflowBuilder().startWith(async (ctx) => {
      await ctx.lock("door");
      scene.note("quick");
    }).name("Quick").build("quick", 1);
    const host = await scene.host([slow]);
    // Its locks know nothing of those of the other host, as if they had been flushed, and its clock is ahead.
    const ahead = new MemoryLock({ clock: { now: () => scene.store.now() + 86_400_000 } });
    const other = await scene.host([quick], { wire: (builder) => builder.useLock(ahead) });
    const run = await scene.start(host, "slow");
    await reached;
    await scene.until((await scene.start(other, "quick")).result());
    open();
    equal((await scene.until(run.result())).by, 2);
    deepEqual(scene.effects, ["slow 1", "quick", "slow 2"]);
  },

  "a lock is free again when its step has failed, was cancelled, or waits to be tried again": async (
    scene,
  ) => {
    const reached = Promise.withResolvers<void>();
    const failing = new WorkflowBuilder().startWith(async (ctx) => {
      await ctx.lock("door");
      scene.note(`failing ${ctx.attempt}`);
      throw new Error("no");
    }).name("Failing").onError(ErrorBehavior.retry({ interval: "1m", maxRetries: 1 })).build("failing", 1);
    const waiting = new WorkflowBuilder().startWith(async (ctx) => {
      await ctx.lock("door");
      reached.resolve();
      await untilAborted(ctx);
    }).name("Waiting").build("waiting", 1);
    const host = await scene.host([failing, waiting]);
    const first = await scene.start(host, "failing");
    await scene.becomes(() => scene.told("StepRetrying") === 1);
    const second = await scene.start(host, "waiting");
    await reached.promise;
    void second.cancel();
    await scene.becomes(() => scene.told("StepCancelled", "run-2") === 1);
    deepEqual((await scene.until(first.atRest())).status, "Failed");
    const lock = await scene.until(host.lock("door"));
    await lock[Symbol.asyncDispose]();
  },
};
