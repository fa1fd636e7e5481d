import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import type { JsonValue } from "../../../src/definition/json.ts";
import { RunStateError, WorkflowEndedError } from "../../../src/engine/errors.ts";
import { type AnyDefinition, door, untilAborted } from "../../../src/engine/testing_host.ts";
import type { Cases, Play } from "../cases.ts";
import type { Scene } from "../scene.ts";

/** A run whose first step is in a state, the means to get it out of there, and what is to be seen of the step. */
interface Busy {
  /** The first step, then one that notes "after". */
  readonly definition: AnyDefinition;
  /** Resolves when the step is in its state. */
  readonly reached: () => Promise<unknown>;
  /** Lets the step end, as far as it depends on the case. */
  readonly release: () => Promise<unknown>;
}

const states: Readonly<Record<string, (scene: Scene, publish: () => Promise<void>) => Busy>> = {
  running: (scene) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder().startWith(async (ctx) => {
      await Promise.race([pass(ctx), untilAborted(ctx)]);
      scene.note("done");
    }).name("Step").then(scene.step("after")).name("After").build("controlled", 1);
    return { definition, reached: () => reached, release: () => Promise.resolve(open()) };
  },
  sleeping: (scene) => ({
    definition: new WorkflowBuilder().delay("1m").name("Step").then(scene.step("after")).name("After")
      .build("controlled", 1),
    reached: () => scene.pass("1s"),
    release: () => scene.pass("2m"),
  }),
  retrying: (scene) => ({
    definition: new WorkflowBuilder().startWith((ctx) => {
      if (ctx.attempt === 1) throw new Error("once");
    }).name("Step").onError(ErrorBehavior.retry({ interval: "1m", maxRetries: 1 }))
      .then(scene.step("after")).name("After").build("controlled", 1),
    reached: () => scene.pass("1s"),
    release: () => scene.pass("2m"),
  }),
  waiting: (scene, publish) => ({
    definition: new WorkflowBuilder().waitFor("go", "k").name("Step").then(scene.step("after")).name("After")
      .build("controlled", 1),
    reached: () => scene.pass("1s"),
    release: () => publish(),
  }),
};

/** Suspend, terminate and cancel while a step runs, sleeps or waits. */
function controlled(): Cases {
  const cases: Record<string, Play> = {};
  for (const [state, make] of Object.entries(states)) {
    const play = async (scene: Scene) => {
      const publish = () => scene.until(host.publishEvent("go", "k"));
      const busy = make(scene, publish);
      const host = await scene.host([busy.definition]);
      const run = await scene.start(host, "controlled");
      await busy.reached();
      return { host, run, busy };
    };
    cases[`suspend during a ${state} step: it may end, nothing begins before the run is resumed`] = async (
      scene,
    ) => {
      const { host, run, busy } = await play(scene);
      await scene.until(host.suspendWorkflow(run.id, "lunch"));
      await scene.becomes(async () => (await scene.store.get(run.id))?.inboxRead === 1);
      await busy.release();
      const { status, reason } = await scene.until(run.atRest());
      deepEqual([status, reason], ["Suspended", "lunch"]);
      await scene.pass("1h");
      ok(!scene.effects.includes("after"));
      equal(await scene.until(run.status()), "Suspended");
      await scene.until(host.resumeWorkflow(run.id));
      await scene.until(run.result());
      deepEqual(scene.effects, state === "running" ? ["done", "after"] : ["after"]);
      await scene.stop(host);
      deepEqual([scene.told("WorkflowSuspended"), scene.told("WorkflowResumed")], [1, 1]);
    };
    cases[`terminate during a ${state} step is final at once`] = async (scene) => {
      const { host, run, busy } = await play(scene);
      await scene.until(host.terminateWorkflow(run.id, "enough"));
      const ended = await scene.store.get(run.id);
      deepEqual([ended?.status, ended?.reason], ["Terminated", "enough"]);
      await busy.release();
      await scene.pass("1h");
      deepEqual(scene.effects, [], "its signal has been aborted");
      deepEqual(await scene.pointers(), ["Step Cancelled"]);
      deepEqual((await scene.store.publish(event("go"))).woken, []);
      await rejects(host.terminateWorkflow(run.id), RunStateError);
      await scene.stop(host);
      equal(scene.told("WorkflowTerminated"), 1);
    };
    cases[`cancel during a ${state} step ends the run as Cancelled`] = async (scene) => {
      const { host, run } = await play(scene);
      await scene.until(host.cancelWorkflow(run.id, "changed my mind"));
      const { status, reason } = await scene.until(run.atRest());
      deepEqual([status, reason, scene.effects], ["Cancelled", "changed my mind", []]);
      deepEqual(await scene.pointers(), ["Step Cancelled"]);
      deepEqual((await scene.store.publish(event("go"))).woken, []);
      await rejects(host.cancelWorkflow(run.id), RunStateError);
      await scene.stop(host);
      equal(scene.told("WorkflowCancelled"), 1);
    };
  }
  return cases;
}

/** What is asked of runs from outside. */
export const controlCases: Cases = {
  ...controlled(),

  "while a run is suspended, events are kept and timers fire when it is resumed": async (scene) => {
    const definition = new WorkflowBuilder<{ readonly got: readonly JsonValue[] }>().parallel((p) =>
      p.branch((b) =>
        b.delay("1m").name("Nap").then(() => scene.note(Math.round(scene.seconds))).name("Woken")
      )
        .branch((b) =>
          b.waitFor("item", "k").name("First").output((item, data) => ({ got: [...data.got, item] }))
            .waitFor("item", "k").name("Second").output((item, data) => ({ got: [...data.got, item] }))
        )
    ).name("Both").build("kept", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "kept", { got: [] });
    await scene.pass("1s");
    await scene.until(host.suspendWorkflow(run.id));
    await scene.until(run.atRest());
    for (const n of [1, 2]) await scene.until(host.publishEvent("item", "k", n));
    await scene.pass("1h");
    deepEqual(scene.effects, []);
    await scene.until(host.resumeWorkflow(run.id));
    deepEqual(await scene.until(run.result()), { got: [1, 2] });
    deepEqual(scene.effects, [3_601]);
  },

  "suspending twice and resuming twice is doing it once": async (scene) => {
    const definition = new WorkflowBuilder().waitFor("go", "k").name("Wait").build("twice", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "twice");
    for (const _ of [1, 2]) await scene.until(host.suspendWorkflow(run.id));
    equal((await scene.until(run.atRest())).status, "Suspended");
    for (const _ of [1, 2]) await scene.until(host.resumeWorkflow(run.id));
    await scene.pass("1s");
    equal(await scene.until(run.status()), "Runnable");
    await scene.until(host.publishEvent("go", "k"));
    await scene.until(run.result());
    await scene.stop(host);
    deepEqual([scene.told("WorkflowSuspended"), scene.told("WorkflowResumed")], [1, 1]);
  },

  "terminating a run that is about to be undone undoes nothing more": async (scene) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder().saga((s) =>
      s.then(scene.step("a")).name("A").compensateWith(scene.step("undo a"))
        .then(scene.step("b")).name("B").compensateWith(async (ctx) => {
          scene.note("undo b");
          await pass(ctx);
        }).then(scene.failing("c")).name("C")
    ).name("Saga").build("stopped-undo", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "stopped-undo");
    await reached;
    await scene.until(host.terminateWorkflow(run.id));
    open();
    await scene.pass("1h");
    deepEqual([await scene.until(run.status()), scene.effects], ["Terminated", ["a", "b", "c", "undo b"]]);
  },

  "endWorkflow from a branch: the others are cancelled, the run completes once, hooks run once": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder().parallel((p) =>
      p.branch((b) => b.then(untilAborted).name("Endless").then(scene.step("never")).name("Never"))
        .branch((b) => b.waitFor("never", "k").name("Wait"))
        .branch((b) => b.delay("1s").name("Nap").endWorkflow())
    ).name("All").then(scene.step("after")).name("After").build("ending", 1);
    const host = await scene.host([definition], {
      wire: (builder) =>
        builder.useMiddleware({
          complete: async ({ status }, next) => {
            scene.note(`ended ${status}`);
            await next();
          },
        }),
    });
    const run = await scene.start(host, "ending");
    // The endless body keeps time from passing by itself.
    scene.clock.advance(1_000);
    await scene.until(run.result());
    await scene.stop(host);
    deepEqual([scene.effects, scene.told("WorkflowCompleted")], [["ended Complete"], 1]);
    const lines = await scene.pointers();
    for (const line of ["Endless Cancelled", "Wait Cancelled"]) ok(lines.includes(line), line);
  },

  "a handle's wait ends when its signal aborts, and the run goes on": async (scene) => {
    const definition = new WorkflowBuilder().waitFor("go", "k").name("Wait").build("waited", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "waited");
    const controller = new AbortController();
    const result = run.result({ signal: controller.signal });
    controller.abort(new Error("no more time"));
    await rejects(result, /no more time/);
    await scene.until(host.publishEvent("go", "k"));
    await scene.until(run.result());
  },

  "cancel interrupts what runs and waits until it has ended, but no longer than the grace": async (scene) => {
    const definition = new WorkflowBuilder<{ readonly isDeaf: boolean }>().startWith(async (ctx) => {
      started.resolve();
      await new Promise<void>((resolve) => {
        ctx.signal.addEventListener("abort", () => {
          if (!ctx.data.isDeaf) scene.clock.schedule(3_000, resolve);
        });
      });
      scene.note("cleaned up");
    }).name("Work").then(scene.step("never")).name("Never").build("interrupted", 1);
    const host = await scene.host([definition]);
    let started = Promise.withResolvers<void>();
    const took: number[] = [];
    for (const isDeaf of [false, true]) {
      started = Promise.withResolvers();
      const run = await scene.start(host, "interrupted", { isDeaf });
      await started.promise;
      const before = scene.seconds;
      await scene.until(run.cancel("enough"));
      equal((await scene.until(run.atRest())).status, "Cancelled");
      took.push(scene.seconds - before);
    }
    deepEqual([took, scene.effects], [[3, 10], ["cleaned up"]]);
  },

  "what another host asks of a run reaches the one that runs it, while a step runs": async (scene) => {
    const definition = new WorkflowBuilder().startWith(async (ctx) => {
      entered.resolve();
      await Promise.race([leave.promise, untilAborted(ctx)]);
    }).name("Work").then(scene.step("after")).name("After").build("remote", 1);
    const host = await scene.host([definition]);
    const store = await scene.connect();
    // Where there is one connection only, there is no other process either.
    const other = store === scene.store ? host : await scene.host([definition], { store, start: false });
    let entered = Promise.withResolvers<void>();
    let leave = Promise.withResolvers<void>();
    const begin = async () => {
      [entered, leave] = [Promise.withResolvers(), Promise.withResolvers()];
      const run = await scene.start(host, "remote");
      await entered.promise;
      return run;
    };
    const suspended = await begin();
    await scene.until(other.suspendWorkflow(suspended.id));
    await scene.becomes(async () => (await scene.store.get(suspended.id))?.inboxRead === 1);
    leave.resolve();
    equal((await scene.until(suspended.atRest())).status, "Suspended");
    await scene.until(other.resumeWorkflow(suspended.id));
    await scene.until(suspended.result());
    const cancelled = await begin();
    await scene.until(other.cancelWorkflow(cancelled.id));
    equal((await scene.until(cancelled.atRest())).status, "Cancelled");
    const terminated = await begin();
    await scene.until(other.terminateWorkflow(terminated.id));
    leave.resolve();
    await scene.pass("1m");
    equal(await scene.until(terminated.status()), "Terminated");
    deepEqual(await scene.pointers(terminated.id), ["Work Cancelled"]);
    deepEqual(scene.effects, ["after"]);
  },

  "a suspended run can be cancelled, and terminated": async (scene) => {
    const definition = new WorkflowBuilder().waitFor("go", "k").name("Wait").then(scene.step("after")).name(
      "After",
    ).build("suspended", 1);
    const host = await scene.host([definition]);
    for (const end of ["cancelWorkflow", "terminateWorkflow"] as const) {
      const run = await scene.start(host, "suspended");
      await scene.until(host.suspendWorkflow(run.id));
      equal((await scene.until(run.atRest())).status, "Suspended");
      await scene.until(host[end](run.id));
      await scene.until(rejects(run.result(), WorkflowEndedError));
    }
    await scene.until(host.publishEvent("go", "k"));
    await scene.pass("1m");
    const statuses = [(await scene.store.get("run-1"))?.status, (await scene.store.get("run-2"))?.status];
    deepEqual([statuses, scene.effects], [["Cancelled", "Terminated"], []]);
  },
};

function event(name: string) {
  return { name, key: "k", data: null, time: null, messageId: null };
}
