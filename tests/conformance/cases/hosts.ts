import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import type { StepContext } from "../../../src/definition/step_context.ts";
import type { Middleware } from "../../../src/engine/middleware.ts";
import { door } from "../../../src/engine/testing_host.ts";
import { IdempotencyConflictError, RunExistsError } from "../../../src/provider/errors.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import type { Cases } from "../cases.ts";

/** Hosts: what is around steps, how they stop, and how they share work. */
export const hostCases: Cases = {
  "20. middleware nests: starts ascending, ends descending": async (scene) => {
    const noting = (name: string): Middleware => {
      const around =
        (what: string) => async <Result>(_: unknown, next: () => Promise<Result>): Promise<Result> => {
          scene.note(`${name} > ${what}`);
          const result = await next();
          scene.note(`${name} < ${what}`);
          return result;
        };
      return { start: around("start"), step: around("step"), complete: around("end") };
    };
    const definition = new WorkflowBuilder().startWith(scene.step("body")).name("One").build("one", 1);
    const host = await scene.host([definition], {
      wire: (builder) =>
        builder.useMiddleware(noting("a")).useMiddleware(noting("b")).useMiddleware(noting("c")),
    });
    await scene.until((await scene.start(host, "one")).result());
    await scene.stop(host);
    for (const what of ["start", "step", "end"]) {
      const notes = scene.effects.filter((note) => String(note).endsWith(what));
      const names = ["a >", "b >", "c >", "c <", "b <", "a <"];
      deepEqual(notes, names.map((name) => `${name} ${what}`));
    }
    equal(scene.effects.indexOf("body"), scene.effects.indexOf("c > step") + 1);
  },

  "21. stop() during a 5 s step waits for it, and another host continues the rest": async (scene) => {
    const { reached, pass } = door();
    let rest = (_ctx: StepContext): Promise<void> => Promise.resolve();
    const definition = new WorkflowBuilder().startWith(async (ctx) => {
      void pass(ctx);
      await rest(ctx);
      scene.note(["one", scene.seconds, ctx.signal.aborted]);
    }).name("One").then(scene.step("two")).name("Two").then(scene.step("three")).name("Three").build(
      "slow",
      1,
    );
    const { host: first, mortal } = await scene.mortalHost([definition]);
    rest = (ctx) => mortal.rest(5_000, ctx.signal);
    await scene.start(first, "slow");
    await reached;
    let stopped = false;
    const stopping = first.stop().then(() => stopped = true);
    await scene.pass("4999ms");
    deepEqual([stopped, scene.effects], [false, []]);
    await scene.until(stopping);
    deepEqual([scene.effects, await scene.pointers()], [[["one", 5, false]], [
      "One Complete",
      "Two Pending",
    ]]);
    const second = await scene.host([definition]);
    await scene.until(second.getHandle("run-1").result());
    deepEqual(scene.effects.slice(1), ["two", "three"]);
  },

  "stop() interrupts what is not done within the grace, and another host runs that step again": async (
    scene,
  ) => {
    const { reached, pass } = door();
    let body = (_ctx: StepContext): void | Promise<void> => {};
    const definition = new WorkflowBuilder().startWith((ctx) => {
      scene.note([ctx.attempt, ctx.idempotencyKey, scene.seconds]);
      return body(ctx);
    }).name("One").onError(ErrorBehavior.fail()).build("slow", 1);
    const { host: first, mortal } = await scene.mortalHost([definition]);
    body = (ctx) => {
      void pass(ctx);
      return mortal.rest(3_600_000, ctx.signal);
    };
    await scene.start(first, "slow");
    const { signal } = await reached;
    await scene.until(first.stop({ grace: "20s" }));
    deepEqual([signal.aborted, scene.seconds], [true, 20]);
    body = () => {};
    const second = await scene.host([definition]);
    await scene.until(second.getHandle("run-1").result());
    deepEqual(scene.effects, [[1, "run-1/1", 0], [2, "run-1/1", 20]]);
  },

  "unknown definition: the run is parked with the reason at no cost, and goes on when it is registered":
    async (
      scene,
    ) => {
      const definition = new WorkflowBuilder().startWith(scene.step("one")).name("One").build("unknown", 1);
      const starter = await scene.host([definition], { start: false });
      const run = await scene.start(starter, "unknown");
      const calls: string[] = [];
      const host = await scene.host([], { store: watched(scene.store, calls) });
      const parked = await scene.until(host.getHandle(run.id).atRest());
      equal(parked.status, "Runnable");
      match(parked.parkedReason!, /step "One" of workflow "unknown" version 1 has no body in this program/);
      await scene.pass("1m");
      calls.length = 0;
      const before = await scene.store.get(run.id);
      await scene.pass("1h");
      deepEqual(await scene.store.get(run.id), before, "nothing was written");
      deepEqual(calls.filter((call) => ["commit", "change", "mail", "getDefinition"].includes(call)), []);
      equal(await scene.store.nextDue(), null);
      host.registerWorkflow(definition);
      await scene.until(host.getHandle(run.id).result());
      deepEqual(scene.effects, ["one"]);
    },

  "two hosts share the runs: each step runs once": async (scene) => {
    const definition = new WorkflowBuilder().startWith(scene.step("one")).name("One")
      .delay("1m").name("Nap").then(scene.step("two")).name("Two").build("shared", 1);
    const first = await scene.host([definition]);
    await scene.host([definition], { store: await scene.connect() });
    const runs = [];
    for (let n = 0; n < 20; n++) runs.push(await scene.start(first, "shared"));
    for (const run of runs) await scene.until(run.result());
    deepEqual(scene.effects.toSorted(), ["one", "two"].flatMap((step) => Array(20).fill(step)));
  },

  "the same idempotency key and data are one run; with other data it is a conflict": async (scene) => {
    const definition = new WorkflowBuilder<{ readonly n: number }>().startWith((ctx) =>
      scene.note(ctx.data.n)
    )
      .name("One").build("keyed", 1);
    const host = await scene.host([definition]);
    const first = await scene.start(host, "keyed", { n: 1 }, { idempotencyKey: "order-7" });
    const again = await scene.start(host, "keyed", { n: 1 }, { idempotencyKey: "order-7" });
    equal(again.id, first.id);
    await rejects(
      scene.start(host, "keyed", { n: 2 }, { idempotencyKey: "order-7" }),
      IdempotencyConflictError,
    );
    await rejects(scene.start(host, "keyed", { n: 1 }, { runId: first.id }), RunExistsError);
    await scene.until(first.result());
    deepEqual(scene.effects, [1]);
  },

  "a run's log lines come in order, with the attempt that printed them": async (scene) => {
    const definition = new WorkflowBuilder().startWith((ctx) => {
      ctx.logger.info(`hello\nworld`);
      if (ctx.attempt === 1) throw new Error("once");
    }).name("One").onError(ErrorBehavior.retry({ interval: "1s", maxRetries: 1 })).build("logged", 1);
    await scene.play(definition);
    const lines = await scene.store.readLog("run-1", { limit: 10 });
    deepEqual(lines.map(({ attempt, text }) => [attempt, text]), [[1, "hello"], [1, "world"], [2, "hello"], [
      2,
      "world",
    ]]);
  },
};

/** A store whose calls are noted by name. */
function watched(store: Persistence, calls: string[]): Persistence {
  return new Proxy(store, {
    get(target, name): unknown {
      const member = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const bound = member.bind(target);
      return (...args: unknown[]) => {
        calls.push(String(name));
        return bound(...args);
      };
    },
  });
}
