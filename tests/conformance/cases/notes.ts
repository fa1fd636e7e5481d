import { deepEqual, equal, ok } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ExecutionResult } from "../../../src/definition/execution_result.ts";
import type { StepContext } from "../../../src/definition/step_context.ts";
import type { WorkflowHost } from "../../../src/engine/host.ts";
import { door, turns, wrapped } from "../../../src/engine/testing_host.ts";
import type { Cases } from "../cases.ts";
import type { Scene } from "../scene.ts";

/** What running steps say of how far they are, by `ctx.setStatus`. */
export const noteCases: Cases = {
  "setStatus: the note is seen while the body runs, by every host, and goes with the end of the step": async (
    scene,
  ) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder().startWith((ctx) => {
      ctx.setStatus("10 of 500");
      return pass(ctx);
    }).name("Send").then(scene.step("after")).name("After").build("noted", 1);
    const host = await scene.host([definition]);
    const other = await scene.host([], { store: await scene.connect(), start: false });
    const run = await scene.start(host, "noted");
    const ctx = await reached;
    equal(await noteOf(other), null);
    await shown(scene, other, "10 of 500");
    for (let sent = 20; sent <= 490; sent += 10) ctx.setStatus(`${sent} of 500`);
    await shown(scene, other, "490 of 500");
    const { text, stepKey, pointerId, attempt, at } = (await other.getWorkflow(run.id))!.note!;
    deepEqual([text, stepKey, pointerId, attempt], ["490 of 500", "Send", 1, 1]);
    ok(at <= scene.clock.now());
    deepEqual((await other.listWorkflows()).map(({ note }) => note?.text), ["490 of 500"]);
    open();
    await scene.until(run.result());
    equal(await noteOf(other), null);
    deepEqual((await other.listWorkflows()).map(({ note }) => note), [null]);
    ctx.setStatus("too late");
    await scene.pass("5s");
    equal(await noteOf(other), null);
  },

  "setStatus costs one write a second, whatever a body says, and none for a short step": async (scene) => {
    let writes = 0;
    const store = wrapped(scene.store, "putNotes", (call) => {
      writes++;
      return call();
    });
    const { reached, open, pass } = door();
    const short = new WorkflowBuilder().startWith((ctx) => ctx.setStatus("at once")).name("Short")
      .build("short", 1);
    const long = new WorkflowBuilder().startWith(pass).name("Long").build("long", 1);
    const host = await scene.host([short, long], { store });
    const run = await scene.start(host, "long");
    const ctx = await reached;
    for (let second = 1; second <= 3; second++) {
      for (let n = 1; n <= 10_000; n++) ctx.setStatus(`${second}: ${n}`);
      await shown(scene, host, `${second}: 10000`);
      equal(writes, second);
    }
    open();
    await scene.until(run.result());
    await scene.until((await scene.start(host, "short")).result());
    await scene.pass("5s");
    await scene.stop(host);
    equal(writes, 3);
  },

  "setStatus: a step that waits keeps its note until it is entered again": async (scene) => {
    let former: StepContext | undefined;
    const definition = new WorkflowBuilder().startWith((ctx) => {
      if (ctx.state) return;
      former = ctx;
      ctx.setStatus("the bank is closed");
      return ExecutionResult.sleep("8m", "asked");
    }).name("Ask").delay("1m").name("Nap").build("bank", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "bank");
    await scene.pass("7m");
    former!.setStatus("from an attempt that is over");
    await scene.pass("5s");
    equal(await noteOf(host), "the bank is closed");
    await scene.pass("1m1s");
    equal(await noteOf(host), null);
    await scene.until(run.result());
  },

  "setStatus: of a host that dies the last note that was written stays, until another takes the run up":
    async (
      scene,
    ) => {
      const { reached, pass } = door();
      const definition = new WorkflowBuilder().startWith((ctx) => ctx.attempt === 1 ? pass(ctx) : undefined)
        .name("One").build("orphaned", 1);
      const { host, mortal } = await scene.mortalHost([definition]);
      await scene.start(host, "orphaned");
      const ctx = await reached;
      const observer = await scene.host([], { start: false });
      ctx.setStatus("half");
      await shown(scene, observer, "half");
      ctx.setStatus("more than half");
      mortal.die();
      scene.clock.advance(11_000);
      await turns(5);
      equal(await noteOf(observer), "half");
      const second = await scene.host([definition]);
      await scene.until(second.getHandle("run-1").result());
      equal(await noteOf(observer), null);
    },

  "onNote hears at once what the steps of its host say, and not what is said after their end": async (
    scene,
  ) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder().startWith(pass).name("Send").build("heard", 1);
    const host = await scene.host([definition]);
    const other = await scene.host([], { store: await scene.connect(), start: false });
    const run = await scene.start(host, "heard");
    const ctx = await reached;
    const listening = host.onNote(({ runId, stepKey, text }) => scene.note(`${runId} ${stepKey}: ${text}`));
    other.onNote(() => scene.note("of another host"));
    ctx.setStatus("1 of 3");
    ctx.setStatus("2 of 3");
    deepEqual(scene.effects, [`${run.id} Send: 1 of 3`, `${run.id} Send: 2 of 3`]);
    open();
    await scene.until(run.result());
    ctx.setStatus("3 of 3");
    listening[Symbol.dispose]();
    equal(scene.effects.length, 2);
  },

  "setStatus cuts what is long, and refuses what is no text": async (scene) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder().startWith(pass).name("One").build("wordy", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "wordy");
    const ctx = await reached as StepContext;
    ctx.setStatus("x".repeat(1_000));
    await shown(scene, host, "x".repeat(1_000));
    ctx.setStatus("y".repeat(1_001));
    await shown(scene, host, `${"y".repeat(999)}…`);
    for (const text of [7, null, undefined, {}]) {
      try {
        ctx.setStatus(text as unknown as string);
        scene.note("taken");
      } catch (error) {
        scene.note((error as Error).message);
      }
    }
    deepEqual(
      scene.effects,
      ["number", "object", "undefined", "object"].map((type) =>
        `Cannot set the status of the step: text is needed, received ${type}`
      ),
    );
    open();
    await scene.until(run.result());
  },
};

async function noteOf(host: WorkflowHost): Promise<string | null | undefined> {
  return (await host.getWorkflow("run-1"))?.note?.text ?? null;
}

/** While a body runs, virtual time stands still unless it is moved: a second later the note is to be seen. */
async function shown(scene: Scene, host: WorkflowHost, text: string): Promise<void> {
  scene.clock.advance(1_000);
  for (let turn = 0; turn < 1_000 && await noteOf(host) !== text; turn++) await turns(1);
  equal(await noteOf(host), text);
}
