/** Durable sinks: what is told to the world beyond this process. */
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { StoreError } from "../provider/errors.ts";
import type { LifecyclePublisher } from "../provider/lifecycle.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { WorkflowHostBuilder } from "./host_builder.ts";
import {
  door,
  soon,
  startHost,
  startHostWith,
  turns,
  untilAborted,
  whatIsSaid,
  wrapped,
} from "./testing_host.ts";

const twoSteps = new WorkflowBuilder().startWith(() => {}).name("One").then(() => {}).name("Two")
  .build("two", 1);

/** A publisher that keeps what it is given, until it is told to fail. */
function publisher(name = "sink") {
  const got: LifecycleEvent[] = [];
  const state = { down: false, tries: 0 };
  const sink: LifecyclePublisher = {
    name,
    publish: async (events) => {
      state.tries++;
      if (state.down) throw new Error("The line is dead");
      await Promise.resolve();
      got.push(...events);
    },
  };
  const of = (runId: string) => got.filter((event) => event.runId === runId);
  return { sink, got, state, of };
}

const story = [
  "WorkflowStarted",
  "StepStarted",
  "StepCompleted",
  "StepStarted",
  "StepCompleted",
  "WorkflowCompleted",
];

function types(events: readonly LifecycleEvent[]): string[] {
  return events.map(({ type }) => type);
}

Deno.test("a sink is handed every event once, those of a run in their order", async () => {
  await using store = new MemoryPersistence();
  const { sink, of, got } = publisher();
  const host = await startHostWith({ persistence: store, sinks: [sink] }, twoSteps);
  const runs = await Promise.all(Array.from({ length: 50 }, () => host.startWorkflow("two")));
  await Promise.all(runs.map((run) => run.result()));
  await host.stop();
  for (const { id } of runs) deepEqual(types(of(id)), story);
  equal(got.length, 50 * story.length);
  ok(got.every((event, index) => {
    const before = got.slice(0, index).findLast(({ runId }) => runId === event.runId);
    return !before || before.sequence <= event.sequence;
  }));
  deepEqual(await store.readOutbox("sink", 10), []);
});

Deno.test("a publisher that fails is tried again ever more rarely, and given all it has missed", async () => {
  const clock = new VirtualClock();
  await using store = new MemoryPersistence({ clock });
  const { sink, of, state } = publisher();
  state.down = true;
  const said = await whatIsSaid("error", async () => {
    const host = await startHostWith({ persistence: store, clock, sinks: [sink] }, twoSteps);
    const ids = [];
    for (let count = 0; count < 20; count++) {
      const run = await host.startWorkflow("two");
      await clock.until(run.result());
      ids.push(run.id);
    }
    await clock.pass("1m");
    ok(state.tries >= 5 && state.tries <= 20, `${state.tries} tries in a minute, whatever happens meanwhile`);
    state.down = false;
    await clock.pass("1m");
    for (const id of ids) deepEqual(types(of(id)), story);
    await clock.until(host.stop());
  });
  // What was missed is handed over in batches of 100.
  equal(said.length, state.tries - Math.ceil(20 * story.length / 100));
});

Deno.test("what was kept for a sink is handed over by the host that comes next", async () => {
  await using store = new MemoryPersistence();
  const { sink, of, state } = publisher();
  state.down = true;
  let id = "";
  await whatIsSaid("error", async () => {
    const first = await startHostWith({ persistence: store, sinks: [sink] }, twoSteps);
    const run = await first.startWorkflow("two");
    await run.result();
    id = run.id;
    await first.stop();
  });
  deepEqual(of(id), []);
  state.down = false;
  const second = await startHostWith({ persistence: store, sinks: [sink] });
  await second.stop();
  deepEqual(types(of(id)), story);
});

Deno.test("a sink is open before anything is claimed: nothing of what a host does escapes it", async () => {
  await using store = new MemoryPersistence();
  const starter = await startHost(store, twoSteps);
  await starter.stop();
  const { id } = await starter.startWorkflow("two");
  const { sink, of } = publisher();
  const host = await startHostWith({ persistence: store, sinks: [sink] }, twoSteps);
  await host.getHandle(id).result();
  await host.stop();
  deepEqual(types(of(id)), story.slice(1), "its start was before");
});

Deno.test("a sink whose name a store could not index is refused", () => {
  for (const name of ["", "門".repeat(342)]) {
    throws(() => new WorkflowHostBuilder().useLifecycle(publisher(name).sink), { code: "INVALID_TEXT" });
  }
});

Deno.test("nothing is told of what was rolled back", async () => {
  await using store = new MemoryPersistence();
  const { sink, of, got } = publisher();
  const { reached, open, pass } = door();
  const long = new WorkflowBuilder().startWith(pass).name("Long").build("long", 1);
  const lost = wrapped(
    store,
    "create",
    (call, count) => count === 1 ? Promise.reject(new StoreError("busy", "It is busy")) : call(),
  );
  const host = await startHostWith({ persistence: lost, sinks: [sink] }, long);
  await rejects(host.startWorkflow("long", {}, { runId: "never" }), StoreError);
  const run = await host.startWorkflow("long");
  await reached;
  await host.terminateWorkflow(run.id);
  open();
  await host.stop();
  deepEqual(types(of(run.id)), ["WorkflowStarted", "StepStarted", "StepCancelled", "WorkflowTerminated"]);
  deepEqual(got.filter(({ runId }) => runId === "never"), []);
});

Deno.test("of two hosts with one sink, one feeds it with what both do; when it ends, the other does", async () => {
  const clock = new VirtualClock();
  await using store = new MemoryPersistence({ clock });
  const one = publisher();
  const two = publisher();
  const first = await startHostWith({ persistence: store, clock, sinks: [one.sink] }, twoSteps);
  const second = await startHostWith({ persistence: store, clock, sinks: [two.sink] }, twoSteps);
  const runs = [];
  for (const host of [first, second, first, second]) runs.push(await host.startWorkflow("two"));
  for (const run of runs) await clock.until(run.result());
  await clock.pass("1m");
  for (const { id } of runs) deepEqual(types(one.of(id)), story);
  deepEqual([one.got.length, two.got.length], [4 * story.length, 0]);

  await clock.until(first.stop());
  const last = await second.startWorkflow("two");
  await clock.until(last.result());
  await clock.pass("1m");
  deepEqual(types(two.of(last.id)), story);
  equal(one.got.length, 4 * story.length);
  await clock.until(second.stop());
});

Deno.test("each of two sinks is handed everything, and one that is down keeps nothing from the other", async () => {
  await using store = new MemoryPersistence();
  const up = publisher("up");
  const down = publisher("down");
  down.state.down = true;
  const said = await whatIsSaid("error", async () => {
    const host = await startHostWith({ persistence: store, sinks: [up.sink, down.sink] }, twoSteps);
    const run = await host.startWorkflow("two");
    await run.result();
    await host.stop();
    deepEqual(types(up.of(run.id)), story);
    equal((await store.readOutbox("down", 100)).length, story.length);
  });
  ok(said.every(([what]) => String(what).includes(`Lifecycle sink "down" failed, its events are kept`)));
});

Deno.test("a publisher that never answers keeps no host from stopping", async () => {
  const clock = new VirtualClock();
  await using store = new MemoryPersistence({ clock });
  const called = Promise.withResolvers<void>();
  const sink: LifecyclePublisher = {
    name: "silent",
    publish: () => {
      called.resolve();
      return new Promise(() => {});
    },
  };
  const host = await startHostWith({ persistence: store, clock, sinks: [sink] }, twoSteps);
  await clock.until((await host.startWorkflow("two")).result());
  await called.promise;
  await clock.until(host.stop(), { within: "10s" });
  equal((await store.readOutbox("silent", 100)).length, story.length, "they are kept");
});

Deno.test("a host that was fenced takes its sink anew before it feeds it again", async () => {
  const clock = new VirtualClock();
  await using store = new MemoryPersistence({ clock });
  const leases: string[] = [];
  let isDown = false;
  const renewed = wrapped(
    store,
    "renewHost",
    (call) => isDown ? Promise.reject(new StoreError("busy", "It is busy")) : call(),
  );
  const watched = wrapped(renewed, "leaseSink", (call, _, [, incarnation]) => {
    leases.push(String(incarnation));
    return call();
  });
  const { sink, of } = publisher();
  const host = await startHostWith({ persistence: watched, clock, sinks: [sink] }, twoSteps);
  isDown = true;
  await clock.pass("9s");
  // The sink's lease is new when the host's own runs out, at 10 s, which the beat at 13.3 s meets.
  await clock.until((await host.startWorkflow("two")).result());
  const before = leases.at(-1);
  await clock.pass("2s");
  isDown = false;
  await clock.pass("2400ms");
  const run = await host.startWorkflow("two");
  await clock.until(run.result());
  await clock.pass(1);
  deepEqual(types(of(run.id)), story);
  ok(before !== leases.at(-1), "by its new name");
  await clock.until(host.stop());
});

Deno.test("a sink hears of interruptions, retries and what another host makes of them", async () => {
  await using store = new MemoryPersistence();
  const { sink, of } = publisher();
  const reached = Promise.withResolvers<void>();
  const definition = new WorkflowBuilder().startWith((ctx) => {
    if (ctx.attempt === 1) throw new Error("once");
    reached.resolve();
    if (ctx.attempt === 2) return untilAborted(ctx);
  }).name("One").onError(ErrorBehavior.retry({ interval: 1 })).build("rough", 1);
  const first = await startHostWith({ persistence: store, sinks: [sink] }, definition);
  const { id } = await first.startWorkflow("rough");
  await soon(reached.promise);
  await turns(2);
  await first.stop({ grace: 0 });
  const second = await startHostWith({ persistence: store, sinks: [sink] }, definition);
  await second.getHandle(id).result();
  await second.stop();
  deepEqual(types(of(id)), [
    "WorkflowStarted",
    "StepStarted",
    "StepRetrying",
    "StepStarted",
    "StepInterrupted",
    "StepStarted",
    "StepCompleted",
    "WorkflowCompleted",
  ]);
});

Deno.test("a sink that is configured no more is closed when no host has fed it for its time, not before", async () => {
  const clock = new VirtualClock();
  await using store = new MemoryPersistence({ clock });
  const { sink } = publisher();
  const first = await startHostWith({ persistence: store, clock, sinks: [sink] }, twoSteps);
  await clock.until(first.stop());
  const host = await startHostWith({ persistence: store, clock, sinkRetention: 3_600_000 }, twoSteps);
  const run = await host.startWorkflow("two");
  await clock.until(run.result());
  const said = await whatIsSaid("warn", async () => {
    await clock.pass("59m");
    equal((await store.readOutbox("sink", 99)).length, story.length);
    await clock.pass("3m");
  });
  deepEqual(await store.readOutbox("sink", 99), []);
  ok(
    String(said[0]).startsWith('Sink "sink" is closed: no host has fed it since 2030-'),
    String(said),
  );
  const next = await host.startWorkflow("two");
  await clock.until(next.result());
  deepEqual(await store.readOutbox("sink", 99), []);
  await clock.until(host.stop());
});

Deno.test("closeLifecycle() closes a sink, but not one that this host feeds", async () => {
  await using store = new MemoryPersistence();
  const { sink } = publisher();
  await store.openSink("old");
  await using host = await startHostWith({ persistence: store, sinks: [sink] }, twoSteps);
  await soon((await host.startWorkflow("two")).result());
  equal((await store.readOutbox("old", 99)).length, story.length);
  await host.closeLifecycle("old");
  deepEqual(await store.readOutbox("old", 99), []);
  await rejects(async () => await host.closeLifecycle("sink"), {
    code: "HOST_STATE",
    message: /this host feeds it/,
  });
});
