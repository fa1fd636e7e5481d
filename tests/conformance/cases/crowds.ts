import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import type { StepContext } from "../../../src/definition/step_context.ts";
import { type Door, door, turns, wrapped } from "../../../src/engine/testing_host.ts";
import { IdempotencyConflictError } from "../../../src/provider/errors.ts";
import type { Cases } from "../cases.ts";

const thousand = Array.from({ length: 1_000 }, (_, n) => n);

/** Many runs, many steps, many hosts: what bounds them, and what keeps one from harming the others. */
export const crowdCases: Cases = {
  "limits: no more bodies at once than the host may run, and of one run no more than one run may": async (
    scene,
  ) => {
    const crowd = new Crowd();
    const definition = new WorkflowBuilder().forEach(
      () => thousand.slice(0, 20),
      (b) => b.then(crowd.body).name("Branch"),
    ).name("All").build("limited", 1);
    const host = await scene.host([definition], {
      wire: (builder) => builder.limits({ steps: 5, stepsOfRun: 2 }),
    });
    const first = await scene.start(host, "limited");
    await crowd.has(2);
    deepEqual(crowd.most, { all: 2, ofOne: 2 });
    const others = [await scene.start(host, "limited"), await scene.start(host, "limited")];
    await crowd.has(5);
    await crowd.letAllGo(Promise.all([first, ...others].map((run) => run.result())));
    deepEqual([crowd.begun, crowd.most], [60, { all: 5, ofOne: 2 }]);
  },

  "limits: no more runs are held at once than the host may hold; the others have their turn, oldest first":
    async (
      scene,
    ) => {
      const crowd = new Crowd();
      const definition = new WorkflowBuilder().startWith(crowd.body).name("One").build("held", 1);
      let claims = 0;
      const store = wrapped(scene.store, "claim", async (claim) => {
        claims++;
        return await claim().finally(() => claims--);
      });
      const host = await scene.host([definition], { store, wire: (builder) => builder.limits({ runs: 3 }) });
      const runs = [];
      for (let n = 0; n < 10; n++) {
        // A claim that began while there was room brings what it finds, whatever is started meanwhile.
        await scene.becomes(() => claims === 0);
        runs.push(await scene.start(host, "held"));
        scene.clock.advance(1);
      }
      await crowd.has(3);
      await turns(20);
      equal(crowd.begun, 3);
      await crowd.letAllGo(Promise.all(runs.map((run) => run.result())));
      deepEqual([crowd.begun, crowd.most.all], [10, 3]);
      deepEqual(crowd.order, runs.map(({ id }) => id));
    },

  "a run of 1,000 branches does not keep another run waiting": async (scene) => {
    const crowd = new Crowd();
    const wide = new WorkflowBuilder().forEach(
      () => thousand,
      (b) => b.then(crowd.body).name("Branch"),
      { results: false },
    ).name("All").build("wide", 1);
    const narrow = new WorkflowBuilder().startWith(scene.step(1)).name("1").then(scene.step(2)).name("2")
      .then(scene.step(3)).name("3").then(scene.step(4)).name("4").then(scene.step(5)).name("5")
      .build("narrow", 1);
    const host = await scene.host([wide, narrow], { wire: (builder) => builder.limits({ steps: 2 }) });
    const many = await scene.start(host, "wide");
    await crowd.has(2);
    const few = (await scene.start(host, "narrow")).result();
    await crowd.letAllGo(few, { oneByOne: true });
    deepEqual(scene.effects, [1, 2, 3, 4, 5]);
    ok(crowd.begun < 500, `${crowd.begun} branches had their turn before five steps`);
    await crowd.letAllGo(many.result());
    deepEqual([crowd.begun, crowd.most.all], [1_000, 2]);
  },

  "the same idempotency key on two hosts at once: one run, which runs once": async (scene) => {
    const definition = new WorkflowBuilder<{ readonly n: number }>()
      .startWith(scene.step("ran")).name("One").build("keyed", 1);
    const hosts = [
      await scene.host([definition]),
      await scene.host([definition], { store: await scene.connect() }),
    ];
    const starts = (keys: number, data: (host: number) => number) =>
      Promise.allSettled(
        thousand.slice(0, keys).flatMap((key) =>
          hosts.map((host, index) =>
            host.startWorkflow("keyed", { n: data(index) }, { idempotencyKey: `${keys}/${key}` })
          )
        ),
      );
    const same = await scene.until(starts(20, () => 7));
    const ids = same.map((started) => started.status === "fulfilled" ? started.value.id : started.reason);
    equal(new Set(ids).size, 20);
    for (let key = 0; key < 20; key++) equal(ids[key * 2], ids[key * 2 + 1]);
    for (const id of new Set(ids)) await scene.until(hosts[0]!.getHandle(id).result());
    equal(scene.effects.length, 20);

    const other = await scene.until(starts(10, (host) => host));
    for (let key = 0; key < 10; key++) {
      const pair = other.slice(key * 2, key * 2 + 2);
      const [started] = pair.filter((outcome) => outcome.status === "fulfilled");
      const [refused] = pair.filter((outcome) => outcome.status === "rejected");
      ok(started && refused && refused.reason instanceof IdempotencyConflictError, `key ${key}`);
      equal(refused.reason.runId, started.value.id);
      await scene.until(started.value.result());
    }
    equal(scene.effects.length, 30);
    // Which of two was first is chance: nothing is left to be compared.
    equal(await scene.until(hosts[0]!.purgeWorkflows()), 30);
  },

  "what a run records in between clears its count of crashes": async (scene) => {
    let deaths: Door = door();
    const body = (ctx: StepContext) => ctx.attempt <= 2 ? deaths.pass(ctx) : undefined;
    const definition = new WorkflowBuilder().startWith(body).name("One").then(body).name("Two")
      .build("unlucky", 1);
    const counted: number[] = [];
    for (let death = 0; death < 4; death++) {
      deaths = door();
      const { host, mortal } = await scene.mortalHost([definition]);
      if (death === 0) await scene.start(host, "unlucky");
      await scene.until(deaths.reached);
      counted.push((await scene.store.get("run-1"))!.crashes);
      mortal.die();
      scene.clock.advance(11_000);
    }
    const last = await scene.host([definition]);
    await scene.until(last.getHandle("run-1").result());
    deepEqual(counted, [0, 1, 0, 1]);
    await rejects(scene.until(last.resumeWorkflow("run-1")), /Cannot resume run run-1: it is Complete/);
  },
};

/** Bodies that run until they are let go, and what was seen of them. */
class Crowd {
  /** How many have begun. */
  begun = 0;
  /** The runs of those that have begun, in order. */
  readonly order: string[] = [];
  /** The most that ran at once: over all runs, and of one run. */
  readonly most = { all: 0, ofOne: 0 };
  readonly #running: { readonly runId: string; readonly end: () => void }[] = [];

  /** The body of each. */
  readonly body = (ctx: StepContext): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const runId = ctx.workflow.id;
    this.begun++;
    this.order.push(runId);
    this.#running.push({ runId, end: resolve });
    this.most.all = Math.max(this.most.all, this.#running.length);
    const ofOne = this.#running.filter((body) => body.runId === runId).length;
    this.most.ofOne = Math.max(this.most.ofOne, ofOne);
    return promise;
  };

  /** Resolves when so many run. */
  async has(count: number): Promise<void> {
    for (let turn = 0; turn < 2_000 && this.#running.length < count; turn++) await turns(1);
    equal(this.#running.length, count);
  }

  /** Lets bodies go, as they come, until a promise resolves: all that run, or one at a time. */
  async letAllGo(over: Promise<unknown>, { oneByOne = false } = {}): Promise<void> {
    let isOver = false;
    const done = over.finally(() => isOver = true);
    while (!isOver) {
      for (const { end } of this.#running.splice(0, oneByOne ? 1 : Infinity)) end();
      await turns(oneByOne ? 5 : 1);
    }
    await done;
  }
}
