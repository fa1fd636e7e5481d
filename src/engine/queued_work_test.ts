/** What a queue of hints brings, and what becomes of runs where it fails. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { MemoryQueue } from "../memory/queue.ts";
import { StoreError } from "../provider/errors.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { QueueProvider } from "../provider/queue.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { systemClock } from "./clock.ts";
import type { WorkflowHost } from "./host.ts";
import { WorkflowHostBuilder } from "./host_builder.ts";
import { defaultLimits } from "./host_options.ts";
import { QueuedWork } from "./queued_work.ts";
import { type AnyDefinition, door, soon, startHostWith, turns, whatIsSaid, wrapped } from "./testing_host.ts";

const plain = new WorkflowBuilder().startWith(() => "done").name("Step").build("plain", 1);

/** A host that starts runs and runs none. */
function producer(
  persistence: Persistence,
  queue: QueueProvider,
  definition: AnyDefinition = plain,
): WorkflowHost {
  const host = new WorkflowHostBuilder().usePersistence(persistence).useQueue(queue).build();
  host.registerWorkflow(definition);
  return host;
}

/** The work of a host with so much room that claims nothing, and what it would have claimed. */
function workOf(queue: QueueProvider, room: () => number): { work: QueuedWork; claimed: readonly string[] } {
  const claimed: string[] = [];
  const claim = (runIds: readonly string[]) => {
    claimed.push(...runIds);
    return Promise.resolve();
  };
  return {
    work: new QueuedWork({ queue, clock: systemClock, incarnation: () => "host", room, claim }),
    claimed,
  };
}

Deno.test("a run that is due is claimed by one host, and the others do not look", async () => {
  await using store = new MemoryPersistence();
  const queue = new MemoryQueue();
  const looks = [0, 0, 0];
  const waits = new WorkflowBuilder().startWith(() => {}).name("Begin").waitFor("go", () => "").name("Wait")
    .build("plain", 1);
  const hosts = await Promise.all(looks.map((_, n) => {
    const persistence = wrapped(store, "claim", (call) => {
      looks[n]!++;
      return call();
    });
    return startHostWith({ persistence, queue }, waits);
  }));
  const quiet = async (): Promise<void> => {
    await turns(5);
    looks.fill(0);
  };
  await quiet();
  await using starting = producer(store, queue, waits);
  const run = await starting.startWorkflow("plain");
  while ((await store.pointers(run.id)).at(-1)?.status !== "Waiting") await turns(1);
  await turns(5);
  deepEqual(looks.toSorted(), [0, 0, 1], "started by another");
  await quiet();
  await hosts[0]!.publishEvent("go", "");
  await soon(hosts[0]!.getHandle(run.id).result());
  deepEqual(looks.toSorted(), [0, 0, 1], "with mail");
  for (const host of hosts) await host.stop();
});

Deno.test("a host that is full leaves hints to those that have room", async () => {
  await using store = new MemoryPersistence();
  const queue = new MemoryQueue();
  const { reached, open, pass } = door();
  const ran: string[] = [];
  const bounded = (name: string, runs: number) =>
    startHostWith(
      {
        persistence: store,
        queue,
        limits: { ...defaultLimits, runs },
        middleware: [{
          step: (ctx, next) => {
            ran.push(`${ctx.workflow.definitionId} on ${name}`);
            return next();
          },
        }],
      },
      plain,
      new WorkflowBuilder().startWith(pass).name("Step").build("long", 1),
    );
  await using full = await bounded("full", 1);
  const long = await full.startWorkflow("long");
  await reached;
  await using _free = await bounded("free", 9);
  await using starting = producer(store, queue);
  const runs = [];
  for (let n = 0; n < 5; n++) runs.push(await starting.startWorkflow("plain"));
  await Promise.all(runs.map(({ id }) => soon(full.getHandle(id).result())));
  deepEqual(ran.toSorted(), ["long on full", ...Array.from({ length: 5 }, () => "plain on free")]);
  open();
  await soon(long.result());
});

Deno.test("a host that gets room takes hints again", async () => {
  await using store = new MemoryPersistence();
  const queue = new MemoryQueue();
  const { reached, open, pass } = door();
  const long = new WorkflowBuilder().startWith(pass).name("Step").build("long", 1);
  await using host = await startHostWith(
    { persistence: store, queue, limits: { ...defaultLimits, runs: 1 } },
    plain,
    long,
  );
  const first = await host.startWorkflow("long");
  await reached;
  const second = await host.startWorkflow("plain");
  open();
  await soon(first.result());
  await soon(second.result());
  await using starting = producer(store, queue);
  const third = await starting.startWorkflow("plain");
  await soon(host.getHandle(third.id).result());
});

Deno.test("room that came without a run leaving is found when something is due", async () => {
  const queue = new MemoryQueue();
  let room = 0;
  const { work, claimed } = workOf(queue, () => room);
  work.start();
  await turns(1);
  // A run that was run apart, for it had killed hosts, has settled.
  room = 1;
  work.push(["run"]);
  await turns(3);
  deepEqual(claimed, ["run"]);
  await work.stop();
});

Deno.test("a host that stops does not wait for a queue that is away once for all that it would send", async () => {
  let calls = 0;
  const queue: QueueProvider = {
    push: () => {
      calls++;
      return Promise.reject(new StoreError("io", "away"));
    },
    reserve: () => Promise.resolve([]),
    acknowledge: () => Promise.resolve(),
  };
  const { work } = workOf(queue, () => 0);
  await whatIsSaid("error", async () => {
    work.push(Array.from({ length: 1_000 }, (_, n) => `run ${n}`));
    await work.sent();
  });
  equal(calls, 1);
});

Deno.test("what a host has reserved, and has no room for any more, goes back; it is taken once there is room", async () => {
  const queue = new MemoryQueue();
  let room = 1;
  const { work, claimed } = workOf(queue, () => room);
  work.start();
  room = 0;
  await queue.push(["run"]);
  await turns(3);
  deepEqual(claimed, []);
  room = 1;
  work.makeRoom();
  await turns(3);
  deepEqual(claimed, ["run"]);
  await work.stop();
});

Deno.test("a host that has got fuller while it waited for hints takes as many as it has room for", async () => {
  await using store = new MemoryPersistence();
  const queue = new MemoryQueue();
  const { open, pass } = door();
  const long = new WorkflowBuilder().startWith(pass).name("Step").build("long", 1);
  const limits = { ...defaultLimits, runs: 3 };
  await using host = await startHostWith({ persistence: store, queue, limits }, long);
  const runs = [await host.startWorkflow("long"), await host.startWorkflow("long")];
  await using starting = new WorkflowHostBuilder().usePersistence(store).build();
  starting.registerWorkflow(long);
  for (let n = 0; n < 3; n++) runs.push(await starting.startWorkflow("long"));
  await queue.push(runs.slice(2).map(({ id }) => id));
  await turns(5);
  const owners = await Promise.all(runs.map(async ({ id }) => (await store.get(id))?.owner));
  equal(owners.filter((owner) => owner !== null).length, 3);
  open();
  await Promise.all(runs.map(({ id }) => soon(host.getHandle(id).result())));
});

Deno.test("hints that come twice, or for runs that are not due or do not exist, do nothing", async () => {
  await using store = new MemoryPersistence();
  const queue = new MemoryQueue();
  let ran = 0;
  const counted = new WorkflowBuilder().startWith(() => void ran++).name("Step").build("plain", 1);
  await using host = await startHostWith({ persistence: store, queue }, counted);
  const run = await host.startWorkflow("plain");
  await queue.push([run.id, "none", run.id]);
  await soon(run.result());
  await queue.push([run.id]);
  await turns(5);
  equal(ran, 1);
});

Deno.test("a run whose hint is lost is found by the sweep, one that falls due by its timer", async () => {
  const clock = new VirtualClock();
  await using store = new MemoryPersistence({ clock });
  const memory = new MemoryQueue();
  const queue: QueueProvider = {
    push: () => Promise.resolve(),
    reserve: (...given) => memory.reserve(...given),
    acknowledge: (entries) => memory.acknowledge(entries),
  };
  const sleeping = new WorkflowBuilder().startWith(() => {}).name("Begin").delay("3s").name("Wait").build(
    "plain",
    1,
  );
  const starting = new WorkflowHostBuilder().usePersistence(store).useQueue(queue).useClock(clock).build();
  starting.registerWorkflow(sleeping);
  const host = new WorkflowHostBuilder().usePersistence(store).useQueue(queue).useClock(clock).build();
  host.registerWorkflow(sleeping);
  await clock.until(host.start());
  await clock.pass("1s");
  const run = await clock.until(starting.startWorkflow("plain"));
  await clock.until(host.getHandle(run.id).result());
  ok(clock.monotonic() <= 14_000, `it took ${clock.monotonic()} ms`);
  await clock.until(Promise.all([host.stop(), starting.stop()]));
});

Deno.test("a queue that fails is said once, and keeps no run from going on", async () => {
  await using store = new MemoryPersistence();
  const away = new StoreError("io", "away");
  const queue: QueueProvider = {
    push: () => Promise.reject(away),
    reserve: () => Promise.reject(away),
    acknowledge: () => Promise.reject(away),
  };
  const waits = new WorkflowBuilder().waitFor("go", () => "").name("Wait").build("waits", 1);
  const said = await whatIsSaid("error", async () => {
    await using host = await startHostWith({ persistence: store, queue }, waits);
    await turns(2);
    const run = await host.startWorkflow("waits");
    await turns(2);
    await host.publishEvent("go", "");
    await soon(run.result());
  });
  equal(said.length, 1);
  ok(String(said[0]![0]).includes("work queue failed"));
});

Deno.test("what a host that stops lets go is brought to another", async () => {
  await using store = new MemoryPersistence();
  const queue = new MemoryQueue();
  const { reached, open, pass } = door();
  const two = new WorkflowBuilder().startWith(pass).name("One").then(() => {}).name("Two").build("two", 1);
  const stopping = await startHostWith({ persistence: store, queue }, two);
  const run = await stopping.startWorkflow("two");
  await reached;
  await using host = await startHostWith({ persistence: store, queue }, two);
  const stopped = stopping.stop();
  open();
  await stopped;
  await soon(host.getHandle(run.id).result());
});
