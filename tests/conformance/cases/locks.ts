import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import type { WorkflowHostBuilder } from "../../../src/engine/host_builder.ts";
import { door, locksOf, turns, untilAborted, wrapped } from "../../../src/engine/testing_host.ts";
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

  "an undo holds the lock that its step had: steps and undos that share one run one at a time": async (
    scene,
  ) => {
    let inside = 0;
    let most = 0;
    const use = async (effect: string): Promise<void> => {
      most = Math.max(most, ++inside);
      await turns(2);
      inside--;
      scene.note(effect);
    };
    const definition = new WorkflowBuilder<{ readonly account: string }>().saga((s) =>
      s.then(async (ctx) => {
        await use("pay");
        ctx.set({ account: `closed by ${ctx.workflow.id}` });
      }).name("Pay").lock(({ account }) => `account ${account}`).compensateWith(() => use("pay back"))
        .then(scene.failing("ship")).name("Ship")
    ).name("Saga").build("pay", 1);
    const hosts = [await scene.host([definition]), await scene.host([definition])];
    const runs = [];
    for (const host of [...hosts, ...hosts, ...hosts]) {
      runs.push(await scene.start(host, "pay", { account: "7" }));
    }
    for (const run of runs) equal((await scene.until(run.atRest())).status, "Failed");
    deepEqual([most, scene.effects.length], [1, 18]);
  },

  "a step that can be undone keeps the name of its lock, whatever becomes of data and host": async (
    scene,
  ) => {
    const names = new Set<string>();
    const locks = new MemoryLock({ clock: scene.store });
    const lock = locksOf(locks, {
      acquire: (request) => {
        names.add(request.name);
        return locks.acquire(request);
      },
    });
    const begun = Promise.withResolvers<void>();
    const definition = new WorkflowBuilder<{ readonly account: string }>().saga((s) =>
      s.parallel((p) =>
        p.branch((b) =>
          b.then(async (ctx) => {
            begun.resolve();
            if (ctx.attempt === 1) await untilAborted(ctx as never);
            scene.note(`pay from ${ctx.data.account}`);
            throw new Error("no");
          }).name("Pay").lock(({ account }) => account)
            .compensateWith((ctx) => scene.note(`pay back to ${ctx.data.account}`))
        ).branch((b) => b.then((ctx) => ctx.set({ account: "new" })).name("Move"))
      ).name("Both")
    ).name("Saga").build("moving", 1);
    const wire = (builder: WorkflowHostBuilder): WorkflowHostBuilder => builder.useLock(lock);
    const first = await scene.host([definition], { wire });
    await scene.start(first, "moving", { account: "old" });
    await begun.promise;
    await scene.becomes(() => scene.told("StepCompleted") === 1);
    await scene.until(first.stop({ grace: 0 }));
    const second = await scene.host([definition], { wire });
    equal((await scene.until(second.getHandle("run-1").atRest())).status, "Failed");
    deepEqual(scene.effects, ["pay from new", "pay back to new"]);
    deepEqual([...names], ["old"]);
  },

  "what an undo did under a lock that another has had since is refused: it runs again, and uses up no retry":
    async (scene) => {
      const { reached, open, pass } = door();
      const slow = new WorkflowBuilder<{ readonly by?: number }>().saga(
        (s) =>
          s.then(scene.step("step")).name("Step").lock("door").compensateWith(async (ctx) => {
            scene.note(`undo ${ctx.attempt}`);
            if (ctx.attempt === 1) await pass(ctx as never);
            ctx.set({ by: ctx.attempt });
          }, { onError: ErrorBehavior.suspend() })
            .then(scene.failing("fail")).name("Fail"),
        { then: "continue" },
      ).name("Saga").build("slow", 1);
      const quick = new WorkflowBuilder().startWith(scene.step("quick")).name("Quick").lock("door")
        .build("quick", 1);
      const host = await scene.host([slow]);
      const ahead = new MemoryLock({ clock: { now: () => scene.store.now() + 86_400_000 } });
      const other = await scene.host([quick], { wire: (builder) => builder.useLock(ahead) });
      const run = await scene.start(host, "slow");
      await reached;
      await scene.until((await scene.start(other, "quick")).result());
      open();
      equal((await scene.until(run.result())).by, 2);
      deepEqual(scene.effects, ["step", "fail", "undo 1", "quick", "undo 2"]);
    },

  "a host that has lost its lease has the lock of its step until the step ends: it begins elsewhere only then":
    async (scene) => {
      const { reached, open, pass } = door();
      const definition = new WorkflowBuilder().startWith(async (ctx) => {
        scene.note(`begin ${ctx.attempt}`);
        if (ctx.attempt === 1) await pass(ctx);
        scene.note(`end ${ctx.attempt}`);
      }).name("Step").lock("door").onError(ErrorBehavior.fail()).build("cut-off", 1);
      let isCutOff = false;
      const store = wrapped(
        await scene.connect(),
        "renewHost",
        (call) => isCutOff ? Promise.reject(new Error("cut off")) : call(),
      );
      const first = await scene.host([definition], {
        store,
        // Time goes on while its step runs.
        wire: (builder) =>
          builder.useClock({
            monotonic: () => scene.clock.monotonic(),
            schedule: (delay, callback) => scene.clock.schedule(delay, callback),
          }),
      });
      await scene.start(first, "cut-off");
      await reached;
      isCutOff = true;
      await scene.pass("11s");
      const second = await scene.host([definition]);
      await scene.pass("5s");
      deepEqual([scene.told("StepStarted"), scene.effects], [2, ["begin 1"]]);
      open();
      await scene.until(second.getHandle("run-1").result());
      deepEqual(scene.effects, ["begin 1", "end 1", "begin 2", "end 2"]);
    },

  "behind a crash a step waits until the lock is free that its last attempt had, however short it may wait":
    async (scene) => {
      const { reached, open, pass } = door();
      const fences: number[] = [];
      const definition = new WorkflowBuilder().startWith(async (ctx) => {
        fences.push((await ctx.lock("door")).fence);
        if (ctx.attempt === 1) return await pass(ctx);
        scene.note(`attempt ${ctx.attempt} after ${scene.seconds} s`);
      }).name("Step").lock("door", { ttl: "30s", wait: "5s" }).onError(ErrorBehavior.fail()).build(
        "crash",
        1,
      );
      const locks = new MemoryLock({ clock: scene.store });
      const wire = (builder: WorkflowHostBuilder): WorkflowHostBuilder => builder.useLock(locks);
      let isFrozen = false;
      const first = await scene.host([definition], {
        store: await scene.connect(),
        wire: (builder) =>
          wire(builder).useClock({
            monotonic: () => scene.clock.monotonic(),
            schedule: (delay, callback) => scene.clock.schedule(delay, () => isFrozen || callback()),
          }),
      });
      await scene.start(first, "crash");
      await reached;
      isFrozen = true;
      await scene.pass("11s");
      const second = await scene.host([definition], { wire });
      await scene.until(second.getHandle("run-1").result());
      deepEqual(scene.effects, ["attempt 2 after 30 s"]);
      equal(fences[1]! > fences[0]!, true);
      open();
      await scene.stop(first);
    },
};
