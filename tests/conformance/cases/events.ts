import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import type { JsonValue } from "../../../src/definition/json.ts";
import { door } from "../../../src/engine/testing_host.ts";
import type { Cases } from "../cases.ts";

interface Got {
  readonly got: readonly JsonValue[];
}

const none: Got = { got: [] };

/** A workflow that takes a number of events, one after the other, into `got`. */
function taking(id: string, count: number) {
  return new WorkflowBuilder<Got>().whileDo(
    (data) => data.got.length < count,
    (b) => b.waitFor("item", "k").name("Wait").output((item, data) => ({ got: [...data.got, item] })),
  ).name("Loop")
    .build(id, 1);
}

/** Events, and the waits that take them. */
export const eventCases: Cases = {
  "10. two successive waits, whose keys come from the data": async (scene) => {
    const definition = new WorkflowBuilder<{ key: string; first?: JsonValue; second?: JsonValue }>()
      .waitFor("event", (data) => `${data.key}1`).name("First").output((first) => ({ first }))
      .waitFor("event", (data) => `${data.key}2`).name("Second").output((second) => ({ second }))
      .build("passes", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "passes", { key: "k" });
    for (const pass of ["1", "2"]) {
      await scene.pass("1s");
      await scene.until(host.publishEvent("event", `k${pass}`, `Pass${pass}`));
    }
    deepEqual(await scene.until(run.result()), { key: "k", first: "Pass1", second: "Pass2" });
  },

  "11. five events published before the start come to five successive waits in order": async (scene) => {
    const from = scene.clock.now() - 10_000;
    let chain = new WorkflowBuilder<Got>().waitFor("event", "k", { since: from }).name("Wait 1")
      .output((item, data) => ({ got: [...data.got, item] }));
    for (let wait = 2; wait <= 5; wait++) {
      chain = chain.waitFor("event", "k", { since: new Date(from) }).name(`Wait ${wait}`)
        .output((item, data) => ({ got: [...data.got, item] }));
    }
    const host = await scene.host([chain.build("before", 1)]);
    for (const n of [0, 1, 2, 3, 4, 5]) {
      await scene.until(host.publishEvent("event", "k", n, { time: from + n - 1 }));
    }
    const run = await scene.start(host, "before", none);
    deepEqual(await scene.until(run.result()), { got: [1, 2, 3, 4, 5] }, "the first is too old");
  },

  "events from before the start do not count without `since`": async (scene) => {
    const host = await scene.host([taking("one", 1)]);
    await scene.until(host.publishEvent("item", "k", "early"));
    await scene.pass("1s");
    const run = await scene.start(host, "one", none);
    await scene.pass("1s");
    deepEqual(await scene.pointers(), ["Loop Waiting", "Wait Waiting"]);
    await scene.until(host.publishEvent("item", "k", "late"));
    deepEqual(await scene.until(run.result()), { got: ["late"] });
  },

  "n quick events to a looped wait: n deliveries, in order": async (scene) => {
    const host = await scene.host([taking("all", 100)]);
    const run = await scene.start(host, "all", none);
    const all = Array.from({ length: 100 }, (_, n) => n);
    await scene.until(Promise.all(all.map((n) => host.publishEvent("item", "k", n))));
    deepEqual(await scene.until(run.result()), { got: all });
    equal((await scene.store.get("run-1"))?.inboxSeq, (await scene.store.get("run-1"))?.inboxRead);
  },

  "events that come while a step runs are kept for the waits behind it": async (scene) => {
    const { reached, open, pass } = door();
    const definition = new WorkflowBuilder<Got>().startWith((ctx) => pass(ctx as never)).name("Work")
      .waitFor("item", "k").name("First").output((item, data) => ({ got: [...data.got, item] }))
      .waitFor("item", "k").name("Second").output((item, data) => ({ got: [...data.got, item] }))
      .build("busy", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "busy", none);
    await reached;
    for (const n of [1, 2]) await scene.until(host.publishEvent("item", "k", n));
    open();
    deepEqual(await scene.until(run.result()), { got: [1, 2] });
  },

  "one event never satisfies two waits of a run: of parallel waits the oldest takes it": async (scene) => {
    const definition = new WorkflowBuilder().parallel((p) =>
      p.branch((b) =>
        b.delay("1s").name("Nap").waitFor("item", "k").name("Younger").then(scene.step("younger")).name("A")
      )
        .branch((b) => b.waitFor("item", "k").name("Older").then(scene.step("older")).name("B"))
    ).name("Both").build("two-waits", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "two-waits");
    await scene.pass("2s");
    await scene.until(host.publishEvent("item", "k"));
    await scene.pass("1m");
    deepEqual(scene.effects, ["older"]);
    await scene.until(host.publishEvent("item", "k"));
    await scene.until(run.result());
    deepEqual(scene.effects, ["older", "younger"]);
  },

  "every run that waits for a name and key gets the event, and no other": async (scene) => {
    const definition = new WorkflowBuilder<{ readonly key: string; readonly got?: JsonValue }>()
      .waitFor("item", (data) => data.key).name("Wait").output((got) => ({ got })).build("each", 1);
    const host = await scene.host([definition]);
    const keys = ["a", "a", "b", "a"];
    const runs = [];
    for (const key of keys) {
      runs.push(await scene.start<{ key: string; got?: JsonValue }>(host, "each", { key }));
    }
    await scene.until(host.publishEvent("other", "b", "wrong name"));
    await scene.until(host.publishEvent("item", "a", "for a"));
    await scene.pass("1m");
    const statuses = [];
    for (const run of runs) statuses.push(await scene.until(run.status()));
    deepEqual(statuses, ["Complete", "Complete", "Runnable", "Complete"]);
    await scene.until(host.publishEvent("item", "b", "for b"));
    const got = [];
    for (const run of runs) got.push((await scene.until(run.result())).got);
    deepEqual(got, ["for a", "for a", "for b", "for a"]);
  },

  "the same message id is one event, however often it is published": async (scene) => {
    const host = await scene.host([taking("twice", 2)]);
    const run = await scene.start(host, "twice", none);
    for (const data of ["first", "repeated"]) {
      await scene.until(host.publishEvent("item", "k", data, { messageId: "m-1" }));
      await scene.pass("1s");
    }
    deepEqual((await scene.store.get("run-1"))?.data, { got: ["first"] });
    await scene.until(host.publishEvent("item", "k", "second", { messageId: "m-2" }));
    deepEqual(await scene.until(run.result()), { got: ["first", "second"] });
  },

  "a wait passes over for good what is older than its `since`": async (scene) => {
    const start = scene.clock.now();
    const definition = new WorkflowBuilder<Got>()
      .waitFor("item", "k", { since: start + 5_000 }).name("Picky")
      .output((item, data) => ({ got: [...data.got, item] }))
      .waitFor("item", "k", { since: start }).name("Second")
      .output((item, data) => ({ got: [...data.got, item] }))
      .build("picky", 1);
    const host = await scene.host([definition]);
    const run = await scene.start(host, "picky", none);
    await scene.until(host.publishEvent("item", "k", "old", { time: start + 1_000 }));
    await scene.until(host.publishEvent("item", "k", "new", { time: start + 6_000 }));
    await scene.pass("1s");
    deepEqual((await scene.store.get("run-1"))?.data, { got: ["new"] }, "the older one does not come back");
    await scene.until(host.publishEvent("item", "k", "last", { time: start + 2_000 }));
    deepEqual(await scene.until(run.result()), { got: ["new", "last"] });
  },

  "what a step publishes is published with its result: not by an attempt that fails": async (scene) => {
    const publisher = new WorkflowBuilder().startWith((ctx) => {
      ctx.publish("item", "k", ctx.attempt);
      if (ctx.attempt === 1) throw new Error("once");
    }).name("Publish").onError(ErrorBehavior.retry({ interval: "1s", maxRetries: 1 })).build("publisher", 1);
    const host = await scene.host([publisher, taking("taker", 1)]);
    const taker = await scene.start(host, "taker", none);
    await scene.until((await scene.start(host, "publisher")).result());
    deepEqual(await scene.until(taker.result()), { got: [2] });
  },

  "an event is kept over the death of the host that should have taken it": async (scene) => {
    const definition = taking("dying", 2);
    const first = await scene.mortalHost([definition]);
    await scene.start(first.host, "dying", none);
    await scene.until(first.host.publishEvent("item", "k", 1));
    await scene.pass("1s");
    first.mortal.die();
    await scene.until(scene.store.publish({ ...event(), data: 2 }));
    const second = await scene.host([definition]);
    deepEqual(await scene.until(second.getHandle("run-1").result()), { got: [1, 2] });
  },

  "events and their message ids are kept for their retention, and no longer": async (scene) => {
    const since = scene.clock.now();
    const definition = new WorkflowBuilder<{ readonly got?: JsonValue }>()
      .waitFor("item", "k", { since }).name("Wait").output((got) => ({ got })).build("kept", 1);
    const host = await scene.host([definition], { wire: (builder) => builder.eventRetention("1h") });
    const publish = (data: string) => scene.until(host.publishEvent("item", "k", data, { messageId: "m" }));
    await publish("first");
    await scene.pass("58m");
    await publish("the same");
    deepEqual(await scene.until((await scene.start(host, "kept")).result()), { got: "first" });
    await scene.pass("5m");
    const late = await scene.start(host, "kept");
    await scene.pass("1m");
    equal(await scene.until(late.status()), "Runnable");
    await publish("another");
    deepEqual(await scene.until(late.result()), { got: "another" });
  },

  "an event for more than 1,000 waiting runs reaches every one of them": async (scene) => {
    const definition = new WorkflowBuilder().waitFor("item", "k").name("Wait").then(scene.step("got")).name(
      "Got",
    )
      .build("crowd", 1);
    const host = await scene.host([definition]);
    const ids = Array.from({ length: 1_050 }, (_, n) => `run-${n}`);
    await scene.until(Promise.all(ids.map((runId) => host.startWorkflow("crowd", {}, { runId }))));
    await scene.until(host.publishEvent("item", "k"));
    await scene.until(Promise.all(ids.map((id) => host.getHandle(id).result())));
    equal(scene.effects.length, 1_050);
  },
};

function event() {
  return { name: "item", key: "k", data: null as JsonValue, time: null, messageId: null };
}
