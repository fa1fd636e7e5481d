/**
 * What happens when something comes between: a call of the store that answers late, or fails after its work is done;
 * a second claim, a stop or a message at the wrong moment.
 */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import type { StoredDefinition } from "../definition/hash.ts";
import type { JsonValue } from "../definition/json.ts";
import type { StepContext } from "../definition/step_context.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { IdempotencyConflictError, RunNotFoundError, StoreError } from "../provider/errors.ts";
import type { Persistence } from "../provider/persistence.ts";
import { HostStateError, WorkflowEndedError } from "./errors.ts";
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

/** The first call fails, before or after its work. */
function failingOnce(
  store: Persistence,
  method: keyof Persistence & string,
  problem: "busy" | "read-only",
  when: "before" | "after",
) {
  return wrapped(store, method, async (call, count) => {
    if (count > 1) return await call();
    if (when === "after") await call();
    throw new StoreError(problem, `The store is ${problem}`);
  });
}

function once(body: (ctx: StepContext) => unknown, id = "once") {
  return new WorkflowBuilder().startWith((ctx) => body(ctx) as never).name("One").onError(
    ErrorBehavior.fail(),
  ).build(id, 1);
}

Deno.test("a commit whose acknowledgement is lost is not done again, and the run goes on", async () => {
  await using store = new MemoryPersistence();
  const ran: string[] = [];
  const definition = new WorkflowBuilder().startWith(() => void ran.push("One")).name("One")
    .then(() => void ran.push("Two")).name("Two").build("two", 1);
  await using host = await startHost(failingOnce(store, "commit", "busy", "after"), definition);
  await (await host.startWorkflow("two")).result();
  deepEqual(ran, ["One", "Two"]);
});

Deno.test("a run whose creation is not acknowledged is run all the same", async () => {
  await using store = new MemoryPersistence();
  await using host = await startHost(failingOnce(store, "create", "busy", "after"), once(() => "done"));
  await rejects(host.startWorkflow("once", {}, { idempotencyKey: "k" }), StoreError);
  const run = await host.startWorkflow("once", {}, { idempotencyKey: "k" });
  await run.result({ signal: AbortSignal.timeout(5_000) });
});

Deno.test("a run whose claim is not acknowledged is let go, and claimed again", async () => {
  await using store = new MemoryPersistence();
  const definition = once(() => "done");
  const starter = new WorkflowHostBuilder().usePersistence(store).build();
  starter.registerWorkflow(definition);
  const { id } = await starter.startWorkflow("once");
  let lost = 0;
  const losing = wrapped(store, "claim", async (call) => {
    const claimed = await call() as unknown[];
    if (claimed.length > 0 && lost++ === 0) throw new StoreError("busy", "The store is busy");
    return claimed;
  });
  await using host = await startHost(losing, definition);
  await host.getHandle(id).result();
  equal(lost, 2);
});

Deno.test("a run that is claimed again, in vain, before its last commit is acknowledged, is let go all the same", async () => {
  await using store = new MemoryPersistence();
  const wakes = Array.from({ length: 2 }, (_, number) => once(() => {}, `other-${number}`));
  const lost = Promise.withResolvers<void>();
  let losses = 0;
  const losing = wrapped(store, "claim", async (call) => {
    const claimed = await call() as unknown[];
    if (claimed.length === 0 || losses++ > 0) return claimed;
    lost.resolve();
    throw new StoreError("busy", "The store is busy");
  });
  const late = wrapped(losing, "commit", async (call, count) => {
    const outcome = await call();
    if (count > 1) return outcome;
    await store.publish({ name: "paid", key: "7", data: null, time: null, messageId: null });
    // To get to know a workflow makes the host look: first it claims, then it looks after what it may have claimed.
    host.registerWorkflow(wakes[0]!);
    await lost.promise;
    await turns(10);
    host.registerWorkflow(wakes[1]!);
    await turns(20);
    return outcome;
  });
  const definition = new WorkflowBuilder().startWith(() => {}).waitFor("paid", "7").then(() => {}).build(
    "waiting",
    1,
  );
  await using host = await startHost(late, definition);
  const run = await host.startWorkflow("waiting");
  await run.result({ signal: AbortSignal.timeout(5_000) });
});

Deno.test("a message that comes after the end of a run is taken out of its mailbox, once", async () => {
  await using store = new MemoryPersistence();
  let claims = 0;
  const counting = wrapped(store, "claim", async (call) => {
    const claimed = await call() as unknown[];
    claims += claimed.length;
    return claimed;
  });
  await using host = await startHost(counting, once(() => "done"));
  const run = await host.startWorkflow("once");
  await run.result();
  await store.send(run.id, { kind: "cancel", reason: null });
  // Another host would say so; this one looks when it gets to know another workflow.
  host.registerWorkflow(new WorkflowBuilder().startWith(() => {}).name("Only").build("other", 1));
  await turns(20);
  equal((await store.get(run.id))!.inboxRead, 1);
  ok(claims <= 2, `${claims} claims`);
});

for (const [moment, isHeld] of [["before", false], ["after", true]] as const) {
  Deno.test(`events are taken in the order of publishing, where mail is slow to come, ${moment} it is read`, async () => {
    await using store = new MemoryPersistence();
    const publish = (data: number) =>
      store.publish({ name: "item", key: "k", data, time: null, messageId: null });
    let isClaimed = false;
    const busy = wrapped(store, "claim", async (call) => {
      const claimed = await call() as unknown[];
      // By the time that 2 is sent anew, because it has been passed over with 1, this lies before it.
      if (claimed.length > 0 && !isClaimed) {
        isClaimed = true;
        await publish(3);
      }
      return claimed;
    });
    const slow = wrapped(busy, "mail", async (call, count) => {
      if (count === 1 && moment === "before") await turns(10);
      const mail = await call();
      if (count === 1 && moment === "after") await turns(10);
      return mail;
    });
    const seen: JsonValue[] = [];
    // What runs beside keeps the run with its host.
    const beside = (ctx: StepContext) =>
      !isHeld ? Promise.resolve() : ctx.attempt === 1 ? untilAborted(ctx) : turns(40);
    const definition = new WorkflowBuilder()
      .parallel((p) =>
        p.branch((branch) => branch.then(beside).name("Beside"))
          .branch((branch) =>
            branch.whileDo((_data, { index }) => index < 3, (b) =>
              b.waitFor("item", "k", { since: 0 }).name("Wait")
                .then(async (ctx) =>
                  void seen.push((await ctx.output("Wait"))!)
                ).name("See"))
              .name("Loop")
          )
      ).name("Both").build("items", 1);
    const first = await startHost(store, definition);
    const { id } = await first.startWorkflow("items");
    await first.stop({ grace: 0 });
    await publish(1);
    await publish(2);
    await using _host = await startHost(slow, definition);
    await turns(80);
    equal((await store.get(id))!.status, "Complete");
    deepEqual(seen, [1, 2, 3]);
  });
}

Deno.test("a definition that cannot be read for a moment holds up nothing", async () => {
  await using store = new MemoryPersistence();
  const definition = once(() => "done");
  const starter = new WorkflowHostBuilder().usePersistence(store).build();
  starter.registerWorkflow(definition);
  const { id } = await starter.startWorkflow("once");
  await using host = await startHost(failingOnce(store, "getDefinition", "busy", "before"));
  await host.getHandle(id).atRest();
  host.registerWorkflow(definition);
  await host.getHandle(id).result();
});

Deno.test("a run whose result the store refuses for good is suspended with the reason, and can be resumed", async () => {
  await using store = new MemoryPersistence();
  let ran = 0;
  await using host = await startHost(
    failingOnce(store, "commit", "read-only", "before"),
    once(() => void ran++),
  );
  const run = await host.startWorkflow("once");
  await rejects(run.result(), StoreError);
  const { status, reason } = await run.atRest();
  equal(status, "Suspended");
  equal(reason, "quarantined: the store refused its last transition: The store is read-only");
  equal(ran, 1);
  await host.resumeWorkflow(run.id);
  await run.result();
});

Deno.test("log lines that the store refuses for good fail their own run only", async () => {
  await using store = new MemoryPersistence();
  const talking = once((ctx) => ctx.logger.info("hello"), "talking");
  await using host = await startHost(
    failingOnce(store, "appendLog", "read-only", "before"),
    talking,
    once(() => {}),
  );
  await rejects((await host.startWorkflow("talking")).result(), StoreError);
  await (await host.startWorkflow("once")).result();
});

Deno.test("a log line that is no text is stored as text", async () => {
  await using store = new MemoryPersistence();
  await using host = await startHost(store, once((ctx) => ctx.logger.write("stdout", 42 as never)));
  const run = await host.startWorkflow("once");
  await run.result();
  equal((await store.readLog(run.id, { limit: 1 }))[0]?.text, "42");
});

Deno.test("a run that is taken up again while its old body winds down runs one body at a time", async () => {
  await using store = new MemoryPersistence();
  let live = 0;
  let most = 0;
  const started = Promise.withResolvers<void>();
  await using host = await startHost(
    store,
    once(async (ctx) => {
      most = Math.max(most, ++live);
      started.resolve();
      if (ctx.attempt === 1) await untilAborted(ctx).catch(() => turns(20));
      live--;
    }),
  );
  const run = await host.startWorkflow("once");
  await started.promise;
  await host.terminateWorkflow(run.id);
  await host.retryWorkflow(run.id);
  await run.result();
  equal(most, 1);
});

Deno.test("a cancel that comes while an old body winds down reaches the body behind it", async () => {
  await using store = new MemoryPersistence();
  const { reached, open, pass } = door();
  const claimed = Promise.withResolvers<void>();
  const watched = wrapped(store, "claim", async (call) => {
    const advances = await call() as readonly unknown[];
    if (advances.length > 0) claimed.resolve();
    return advances;
  });
  await using host = await startHost(
    watched,
    once((ctx) => ctx.attempt === 1 ? pass(ctx) : untilAborted(ctx)),
  );
  const run = await host.startWorkflow("once");
  await reached;
  await host.migrateWorkflow(run.id);
  await claimed.promise;
  await host.cancelWorkflow(run.id);
  open();
  await rejects(soon(run.result()), (error: WorkflowEndedError) => error.status === "Cancelled");
});

Deno.test("ctx.hold after the end of the attempt is refused", async () => {
  await using store = new MemoryPersistence();
  const late = Promise.withResolvers<unknown>();
  const definition = new WorkflowBuilder().startWith((ctx) => {
    turns(10).then(() => ctx.hold({ pid: 1 })).then(late.resolve, late.resolve);
    throw new Error("at once");
  }).name("One").onError(ErrorBehavior.retry({ interval: "1h", maxRetries: 1 })).build("late", 1);
  await using host = await startHost(store, definition);
  const { id } = await host.startWorkflow("late");
  ok(String(await late.promise).includes("the attempt is over"));
  equal((await store.pointers(id))[0]?.status, "Sleeping");
});

Deno.test("a run that is started while its host stops is left to another host", async () => {
  await using store = new MemoryPersistence();
  const hosts: string[] = [];
  const slow = wrapped(store, "create", async (call) => {
    await turns(5);
    return await call();
  });
  const first = await startHost(slow, once(() => void hosts.push("first")));
  const starting = first.startWorkflow("once");
  await turns(1);
  await first.stop();
  const { id } = await starting;
  await using second = await startHost(store, once(() => void hosts.push("second")));
  await second.getHandle(id).result();
  deepEqual(hosts, ["second"]);
});

Deno.test("a listener that throws harms nobody", async () => {
  await using store = new MemoryPersistence();
  await using host = await startHost(store, once(() => {}));
  const said = await whatIsSaid("error", async () => {
    host.onEvent(() => {
      throw new Error("no");
    });
    await (await host.startWorkflow("once")).result();
  });
  equal(said.length, 4);
});

const hostile: readonly (readonly [name: string, thrown: unknown])[] = [
  [
    "an error with a hostile getter",
    Object.defineProperty(new Error("x"), "retryable", {
      get: () => {
        throw 1;
      },
    }),
  ],
  [
    "a proxy",
    new Proxy(new Error("x"), {
      getPrototypeOf: () => {
        throw 1;
      },
    }),
  ],
  [
    "a revoked proxy",
    (() => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    })(),
  ],
];

for (const [name, thrown] of hostile) {
  Deno.test(`a step may throw ${name}`, async () => {
    await using store = new MemoryPersistence();
    await using host = await startHost(
      store,
      once(() => {
        throw thrown;
      }),
    );
    await rejects((await host.startWorkflow("once")).result(), WorkflowEndedError);
  });
}

Deno.test("a cancel that comes while the next step is being committed reaches that step", async () => {
  await using store = new MemoryPersistence();
  const committing = Promise.withResolvers<void>();
  const slow = wrapped(store, "commit", async (call) => {
    committing.resolve();
    await turns(10);
    return await call();
  });
  const definition = new WorkflowBuilder().startWith(() => {}).name("One").then(untilAborted).name("Two")
    .build("c", 1);
  await using host = await startHost(slow, definition);
  const run = await host.startWorkflow("c");
  await committing.promise;
  await host.cancelWorkflow(run.id);
  await rejects(run.result(), (error: WorkflowEndedError) => error.status === "Cancelled");
});

Deno.test("a message that comes while a run is let go is read at once", async () => {
  await using store = new MemoryPersistence();
  const committing = Promise.withResolvers<void>();
  const slow = wrapped(store, "commit", async (call) => {
    committing.resolve();
    await turns(10);
    return await call();
  });
  const definition = new WorkflowBuilder().startWith(() => {
    throw new Error("once");
  }).name("One").onError(ErrorBehavior.retry({ interval: "1h" })).build("s", 1);
  await using host = await startHost(slow, definition);
  const run = await host.startWorkflow("s");
  await committing.promise;
  await host.cancelWorkflow(run.id);
  await rejects(run.result({ signal: AbortSignal.timeout(5_000) }), WorkflowEndedError);
});

Deno.test("a timer that is set while the host looks at the store is kept", async () => {
  await using store = new MemoryPersistence();
  const looking = Promise.withResolvers<void>();
  const slow = wrapped(store, "nextDue", async (call, count) => {
    const due = await call();
    if (count === 1) {
      looking.resolve();
      await turns(20);
    }
    return due;
  });
  const definition = new WorkflowBuilder().startWith((ctx) => {
    if (ctx.attempt === 1) throw new Error("once");
  }).name("One").onError(ErrorBehavior.retry({ interval: 60 })).build("t", 1);
  await using host = await startHost(slow, definition);
  await looking.promise;
  await (await host.startWorkflow("t")).result({ signal: AbortSignal.timeout(5_000) });
});

Deno.test("runs beyond what a host can hold begin as soon as there is room", async () => {
  await using store = new MemoryPersistence();
  const opened = Promise.withResolvers<void>();
  await using host = await startHost(store, once(() => opened.promise));
  const runs = [];
  for (let count = 0; count < 1_020; count++) runs.push(await host.startWorkflow("once"));
  opened.resolve();
  const signal = AbortSignal.timeout(10_000);
  await Promise.all(runs.map((run) => run.result({ signal })));
});

Deno.test("a clock set forward an hour runs nothing twice at once, one set back leaves ready work due", async () => {
  let offset = 0;
  await using store = new MemoryPersistence({ clock: { now: () => Date.now() + offset } });
  let live = 0;
  let most = 0;
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const definition = once(async () => {
    most = Math.max(most, ++live);
    reached.resolve();
    await opened.promise;
    live--;
  });
  await using host = await startHost(store, definition, once(() => {}, "other"));
  const run = await host.startWorkflow("once");
  await reached.promise;
  offset = 3_600_000;
  const other = await host.startWorkflow("other");
  await turns(5);
  opened.resolve();
  await run.result();
  await other.result();
  equal(most, 1);
  await host.stop();

  const starter = new WorkflowHostBuilder().usePersistence(store).build();
  starter.registerWorkflow(definition);
  const { id } = await starter.startWorkflow("once");
  offset = -3_600_000;
  await using later = await startHost(store, definition);
  await later.getHandle(id).result({ signal: AbortSignal.timeout(5_000) });
});

Deno.test("who waits is told when there is no such run, or the host has stopped", async () => {
  await using store = new MemoryPersistence();
  const host = await startHost(store, once(untilAborted));
  await rejects(host.getHandle("nobody").result(), RunNotFoundError);
  const run = await host.startWorkflow("once");
  const waiting = rejects(run.result(), HostStateError);
  await host.stop({ grace: 0 });
  await waiting;
  await rejects(run.result(), HostStateError);
});

Deno.test("the result of a run on another host arrives without its help", async () => {
  await using store = new MemoryPersistence();
  await using runner = await startHost(store, once(() => turns(5)));
  await using watcher = await startHost(store);
  const { id } = await runner.startWorkflow("once");
  await watcher.getHandle(id).result({ signal: AbortSignal.timeout(5_000) });
});

Deno.test("a host that is stopped while it starts stays stopped, and starts once", async () => {
  await using store = new MemoryPersistence();
  let ran = 0;
  const slow = wrapped(store, "renewHost", async (call) => {
    await turns(5);
    return await call();
  });
  const host = new WorkflowHostBuilder().usePersistence(slow).build();
  host.registerWorkflow(once(() => void ran++));
  await host.startWorkflow("once");
  const starting = host.start();
  await rejects(host.start(), HostStateError);
  await host.stop();
  await starting;
  const before = ran;
  await turns(10);
  equal(ran, before);
});

Deno.test("an idempotency key of another workflow is a conflict", async () => {
  await using store = new MemoryPersistence();
  await using host = await startHost(store, once(() => {}, "bill"), once(() => {}, "ship"));
  await host.startWorkflow("bill", {}, { idempotencyKey: "order-1" });
  await rejects(host.startWorkflow("ship", {}, { idempotencyKey: "order-1" }), IdempotencyConflictError);
});

Deno.test("a message from before the end of a run does not meet it after a retry", async () => {
  await using store = new MemoryPersistence();
  const reached = Promise.withResolvers<void>();
  await using host = await startHost(
    store,
    once(async (ctx) => {
      reached.resolve();
      if (ctx.attempt === 1) await untilAborted(ctx);
    }),
  );
  const run = await host.startWorkflow("once");
  await reached.promise;
  await host.suspendWorkflow(run.id);
  await host.terminateWorkflow(run.id);
  await host.retryWorkflow(run.id);
  await run.result({ signal: AbortSignal.timeout(5_000) });
});

Deno.test("a message is read at once at whatever moment of a run's leaving it comes", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().startWith(() => {}).name("One").waitFor("go", "1").name("Wait")
    .build("leaving", 1);
  await using host = await startHost(store, definition);
  let delay = 0;
  host.onEvent(async ({ type }) => {
    if (type !== "StepWaiting") return;
    for (let left = delay; left > 0; left--) await null;
    await host.publishEvent("go", "1");
  });
  for (; delay < 40; delay++) {
    const run = await host.startWorkflow("leaving");
    await run.result({ signal: AbortSignal.timeout(5_000) });
  }
});

Deno.test("what sleeps beside a long step is woken in time also after another host has taken the run up", async () => {
  await using store = new MemoryPersistence();
  const first = door();
  const second = door();
  const long = (ctx: StepContext) => {
    if (ctx.attempt > 1) return second.pass(ctx);
    void first.pass(ctx);
    return untilAborted(ctx);
  };
  const awake = Promise.withResolvers<void>();
  const definition = new WorkflowBuilder()
    .parallel((p) =>
      p.branch((b) => b.then(long).name("Long"))
        .branch((b) => b.delay(100).name("Nap").then(() => awake.resolve()).name("Awake"))
    ).name("Both").build("nap", 1);
  const one = await startHost(store, definition);
  const { id } = await one.startWorkflow("nap");
  await first.reached;
  await one.stop({ grace: 0 });
  await using two = await startHost(store, definition);
  await soon(second.reached);
  await soon(awake.promise);
  second.open();
  await two.getHandle(id).result();
});

Deno.test("a defect met in one run suspends it with the reason, and harms no other", async () => {
  await using store = new MemoryPersistence();
  const build = (rev: string) =>
    new WorkflowBuilder().startWith(() => {}).name("One").rev(rev).then(() => {}).name("Two").build("d", 1);
  const starter = new WorkflowHostBuilder().usePersistence(store).build();
  starter.registerWorkflow(build("damaged"));
  const { id } = await starter.startWorkflow("d");
  const damaged = wrapped(store, "getDefinition", async (call) => {
    const stored = await call() as StoredDefinition;
    return { ...stored, content: stored.content.replace('"next":["Two"]', '"next":["Nowhere"]') };
  });
  await using host = await startHost(damaged, once(() => "done"));
  host.registerWorkflow(build("whole"));
  const run = host.getHandle(id);
  await rejects(run.result({ signal: AbortSignal.timeout(5_000) }), /no step with key "Nowhere"/);
  const { status, reason } = await run.atRest({ signal: AbortSignal.timeout(5_000) });
  equal(status, "Suspended");
  ok(reason?.includes('no step with key "Nowhere"'), String(reason));
  await (await host.startWorkflow("once")).result({ signal: AbortSignal.timeout(5_000) });
});

Deno.test("many short steps that wait for their turn behind one another overflow nothing", async () => {
  await using store = new MemoryPersistence();
  const { reached, open, pass } = door();
  let ran = 0;
  const definition = new WorkflowBuilder()
    .parallel((p) =>
      p.branch((b) => b.then(pass).name("Long"))
        .branch((b) =>
          b.forEach(() => Array(5_000).keys(), (e) => e.then(() => void ran++).name("Short"), {
            results: false,
          })
        )
    ).name("Both").build("turns", 1);
  const limits = { steps: 1, stepsOfRun: 1, runs: 10 };
  await using host = await startHostWith({ persistence: store, limits }, definition);
  const run = await host.startWorkflow("turns");
  await reached;
  await turns(20);
  open();
  await run.result();
  equal(ran, 5_000);
});
