/** What runs are found by beside their own fields. */
import { deepEqual, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { MemorySearch } from "../memory/search.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import type { WorkflowEndedError } from "./errors.ts";
import { startHost, startHostWith } from "./testing_host.ts";

Deno.test("attributes are given at the start and changed by steps, with their results", async () => {
  const clock = new VirtualClock();
  await using store = new MemoryPersistence({ clock });
  const order = new WorkflowBuilder()
    .startWith((ctx) => {
      ctx.setAttributes({ state: "packed", weight: 2 });
      if (ctx.attempt === 1) throw new Error("lost");
      ctx.setAttributes({ weight: 3 });
    }).name("Pack").onError(ErrorBehavior.retry({ interval: "1m" }))
    .delay("1h").name("Wait")
    .then((ctx) => ctx.setAttributes({ state: "sent", weight: null, tags: ["fast"] })).name("Send")
    .build("order", 1);
  const host = await startHostWith({ persistence: store, clock, search: new MemorySearch() }, order);
  const run = await host.startWorkflow("order", {}, { attributes: { customer: "ACME", state: "new" } });
  const attributes = async () => (await host.getWorkflow(run.id))!.attributes;
  await clock.pass("2s");
  deepEqual(await attributes(), { customer: "ACME", state: "new" }, "an attempt that failed changes nothing");
  await clock.pass("1m");
  deepEqual(await attributes(), { customer: "ACME", state: "packed", weight: 3 });
  const found = async (attributes: Record<string, string | number>) =>
    (await host.search("acme", { filters: { attributes } })).hits.map(({ id }) => id);
  deepEqual(await found({ state: "packed", weight: 3 }), [run.id]);
  await clock.until(run.result());
  await clock.pass("2s");
  deepEqual(await attributes(), { customer: "ACME", state: "sent", tags: ["fast"] });
  deepEqual([await found({ state: "packed" }), await found({ tags: "fast" })], [[], [run.id]]);
  await clock.until(host.stop());
});

Deno.test("branches change attributes of one run, each its own", async () => {
  await using store = new MemoryPersistence();
  const many = new WorkflowBuilder().startWith(() => {}).name("Begin")
    .forEach(
      () => ["a", "b", "c"],
      (each) => each.then((ctx) => ctx.setAttributes({ [String(ctx.item)]: true })).name("Mark"),
    )
    .build("many", 1);
  await using host = await startHost(store, many);
  const run = await host.startWorkflow("many");
  await run.result();
  deepEqual((await host.getWorkflow(run.id))!.attributes, { a: true, b: true, c: true });
});

Deno.test("attributes that cannot be are refused at the start, and fail the step that wants them", async () => {
  await using store = new MemoryPersistence();
  const bad = new WorkflowBuilder()
    .startWith((ctx) => ctx.setAttributes({ "not-a-name": 1 })).name("Bad").build("bad", 1);
  const toMany = new WorkflowBuilder().startWith((ctx) => {
    for (let n = 0; n < 33; n++) ctx.setAttributes({ [`a${n}`]: n });
  }).name("Many").build("many", 1);
  await using host = await startHost(store, bad, toMany);
  const attributes = { "not-a-name": "x" };
  await rejects(host.startWorkflow("bad", {}, { attributes }), { code: "INVALID_ATTRIBUTES" });
  for (const id of ["bad", "many"]) {
    const run = await host.startWorkflow(id);
    await rejects(run.result(), (error: WorkflowEndedError) => error.failure?.code === "INVALID_ATTRIBUTES");
  }
});
