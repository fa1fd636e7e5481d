import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { RunNotFoundError } from "../../../src/provider/errors.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import type { Cases } from "../cases.ts";
import type { Scene } from "../scene.ts";

/** What is deleted, and what is not. */
export const purgeCases: Cases = {
  "purge leaves nothing behind: no row, no log, no mail, no event cursor, no subscription, no key": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder<{ readonly end: "good" | "bad" }>()
      .startWith((ctx) => ctx.logger.info("a line")).name("Log")
      .parallel((p) =>
        p.branch((b) => b.waitFor("item", "k").name("Wait"))
          .branch((b) => b.forEach(() => [1, 2, 3], (each) => each.delay("1s").name("Nap")).name("Each"))
          .branch((b) => b.delay("2s").name("Sleep"))
      ).name("All")
      .saga((s) =>
        s.then(() => {}).name("Do").compensateWith(() => {}).then((ctx) => {
          if (ctx.data.end === "bad") throw new Error("bad");
        }).name("Judge")
      ).name("Saga")
      .waitFor("late", "k", { timeout: "1m" }).name("Late").build("purged", 1);
    const host = await scene.host([definition]);
    // The definition stays, and so do events until their retention is over.
    await scene.until(
      (await scene.start(host, "purged", { end: "good" as const }, { runId: "before" })).status(),
    );
    await scene.until(host.terminateWorkflow("before"));
    await scene.until(host.purgeWorkflows());
    const empty = await scene.rows();
    await populate(scene, host);
    const filled = await scene.rows();
    if (filled) {
      for (
        const table of [
          "wfe_instance",
          "wfe_data",
          "wfe_pointer",
          "wfe_cursor",
          "wfe_log",
          "wfe_event",
        ]
      ) {
        ok(filled[table]! > 0, `${table} was filled`);
      }
    }
    equal(await scene.until(host.purgeWorkflows()), 6);
    while (await scene.store.forgetEvents(Infinity, 1_000) > 0);
    deepEqual(await scene.rows(), empty);
    deepEqual(await scene.store.list({ limit: 100 }), []);
    equal(await scene.store.nextDue(), null);
    for (let n = 0; n < 6; n++) await isUnknown(scene.store, `p-${n}`);
    const woken = [];
    for (const name of ["item", "late"]) {
      woken.push(
        ...(await scene.store.publish({ name, key: "k", data: null, time: null, messageId: "m" })).woken,
      );
    }
    deepEqual(woken, []);
    const reused = await scene.start(host, "purged", { end: "good" as const }, {
      runId: "p-0",
      idempotencyKey: "key-0",
    });
    equal(reused.id, "p-0");
    await scene.pass("1s");
    deepEqual((await scene.store.readLog("p-0", { limit: 9 })).length, 1);
  },

  "purge deletes what its filter names, and only what has ended": async (scene) => {
    const definition = new WorkflowBuilder<{ readonly bad: boolean }>().startWith((ctx) => {
      if (ctx.data.bad) throw new Error("bad");
    }).name("One").onError(ErrorBehavior.fail()).waitFor("go", "k", { timeout: "1h" }).name("Wait")
      .build("filtered", 1);
    const host = await scene.host([definition]);
    const failed = await scene.start(host, "filtered", { bad: true });
    const waiting = await scene.start(host, "filtered", { bad: false });
    const cancelled = await scene.start(host, "filtered", { bad: false });
    await scene.until(failed.atRest());
    await scene.until(host.cancelWorkflow(cancelled.id));
    await scene.until(cancelled.atRest());
    await scene.pass("10m");
    equal(await scene.until(host.purgeWorkflows({ olderThan: "11m" })), 0);
    equal(await scene.until(host.purgeWorkflows({ olderThan: "5m", status: ["Failed"] })), 1);
    const kept = (await scene.until(host.listWorkflows())).map(({ id }) => id);
    deepEqual(kept.toSorted(), [waiting.id, cancelled.id]);
    equal(await scene.until(host.purgeWorkflows()), 1);
    equal(await scene.until(waiting.status()), "Runnable");
  },
};

type Host = Awaited<ReturnType<Scene["host"]>>;

/** Runs that come to every end, one of them suspended before. */
async function populate(scene: Scene, host: Host): Promise<void> {
  const runs = [];
  for (let n = 0; n < 6; n++) {
    const options = { runId: `p-${n}`, idempotencyKey: `key-${n}`, reference: "purged" };
    runs.push(await scene.start(host, "purged", { end: n === 1 ? "bad" : "good" }, options));
  }
  await scene.pass("1s");
  await scene.until(host.publishEvent("item", "k", 1, { messageId: "m" }));
  await scene.until(host.suspendWorkflow("p-2"));
  await scene.pass("5s");
  await scene.until(host.cancelWorkflow("p-2"));
  await scene.until(host.terminateWorkflow("p-3"));
  await scene.until(host.cancelWorkflow("p-4"));
  await scene.until(host.publishEvent("late", "k", 2));
  for (const run of runs) await scene.until(run.atRest());
}

/** Nothing tells of a run that is gone. */
async function isUnknown(store: Persistence, runId: string): Promise<void> {
  deepEqual([await store.get(runId), await store.ownerOf(runId)], [null, null]);
  deepEqual([await store.pointers(runId).catch(none), await store.readLog(runId, { limit: 9 }).catch(none)], [
    [],
    [],
  ]);
  deepEqual(await store.mail(runId, 0).catch(none), []);
  await rejects(store.send(runId, { kind: "resume", reason: null }), RunNotFoundError);
}

function none(error: unknown): [] {
  ok(error instanceof RunNotFoundError);
  return [];
}
