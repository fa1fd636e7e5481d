/** What is promised of locks: in steps, around the host, and where the lock store forgets or fails. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import type { Lock } from "../definition/lock.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import type { StepContext } from "../definition/step_context.ts";
import { MemoryLock } from "../memory/lock.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { StoreError } from "../provider/errors.ts";
import type { LockProvider } from "../provider/lock.ts";
import type { Persistence } from "../provider/persistence.ts";
import { ManualClock } from "../testing/manual_clock.ts";
import { WorkflowHostBuilder } from "./host_builder.ts";
import type { Random } from "./random.ts";
import { door, locksOf, soon, startHost, startHostWith, turns, wrapped } from "./testing_host.ts";

const trouble = new StoreError("io", "away");

function workflow(id: string, body: (ctx: StepContext) => unknown) {
  return new WorkflowBuilder().startWith(body as (ctx: StepContext) => Promise<void>).name("Step")
    .onError(ErrorBehavior.fail()).build(id, 1);
}

/** A lock store that forgets everything on demand, as one that was flushed. */
function forgetful(): LockProvider & { forget(): void } {
  let lock = new MemoryLock();
  return {
    acquire: (request) => lock.acquire(request),
    renew: (...given) => lock.renew(...given),
    release: (...given) => lock.release(...given),
    // Fences are milliseconds here: it goes on in the next.
    forget: () => lock = new MemoryLock({ clock: { now: () => Date.now() + 1 } }),
  };
}

Deno.test("steps that take the same lock run one after the other, each once the one before is recorded", async () => {
  await using store = new MemoryPersistence();
  let inside = 0;
  const recorded: number[] = [];
  const definition = new WorkflowBuilder<{ n: number }>().startWith(async (ctx) => {
    const { fence } = await ctx.lock("printer");
    equal(++inside, 1);
    await turns(2);
    inside--;
    return fence;
  }).name("Print").build("print", 1);
  await using host = await startHost(store, definition);
  await using other = await startHost(store, definition);
  host.onEvent((event) => event.type === "StepCompleted" && recorded.push(event.output as number));
  other.onEvent((event) => event.type === "StepCompleted" && recorded.push(event.output as number));
  const runs = [];
  for (let n = 0; n < 10; n++) runs.push(await (n % 2 ? host : other).startWorkflow("print", { n }));
  await Promise.all(runs.map((run) => soon(run.result())));
  deepEqual(recorded, recorded.toSorted((a, b) => a - b));
  equal(new Set(recorded).size, 10);
});

Deno.test("a result is refused whose lock another has had since, and its step is run again", async () => {
  await using store = new MemoryPersistence();
  const lock = forgetful();
  const { reached, open, pass } = door();
  const effects: string[] = [];
  const slow = workflow("slow", async (ctx) => {
    await ctx.lock("door");
    effects.push(`slow ${ctx.attempt}`);
    if (ctx.attempt === 1) await pass(ctx);
    ctx.set({ by: `attempt ${ctx.attempt}` });
  });
  const quick = workflow("quick", async (ctx) => {
    await ctx.lock("door");
    effects.push("quick");
  });
  await using host = await startHostWith({ persistence: store, lock }, slow, quick);
  const run = await host.startWorkflow("slow");
  await reached;
  lock.forget();
  await soon((await host.startWorkflow("quick")).result());
  open();
  await soon(run.result());
  deepEqual(effects, ["slow 1", "quick", "slow 2"]);
  deepEqual((await store.get(run.id))?.data, { by: "attempt 2" });
});

Deno.test("the next holder has a greater fence than the store has seen, though the lock store's clock is behind", async () => {
  await using store = new MemoryPersistence();
  const late = new MemoryLock({ clock: { now: () => Date.now() - 3_600_000 } });
  const fences: number[] = [];
  const definition = workflow("door", async (ctx) => void fences.push((await ctx.lock("door")).fence));
  await using host = await startHost(store, definition);
  await soon((await host.startWorkflow("door")).result());
  await using other = await startHostWith({ persistence: store, lock: late }, definition);
  await host.stop();
  await soon((await other.startWorkflow("door")).result());
  // The first try was refused, and told what had been seen.
  equal(fences.length, 3);
  ok(fences[1]! < fences[0]! && fences[2]! > fences[0]!);
});

Deno.test("a lock is free again whatever becomes of the step", async () => {
  await using store = new MemoryPersistence();
  const failing = workflow("failing", async (ctx) => {
    await ctx.lock("door");
    throw new Error("no");
  });
  await using host = await startHost(store, failing);
  equal((await soon((await host.startWorkflow("failing")).atRest())).status, "Failed");
  (await soon(host.lock("door")))[Symbol.asyncDispose]();
});

Deno.test("a step that takes a lock twice has it once", async () => {
  await using store = new MemoryPersistence();
  const taken: Lock[] = [];
  const twice = workflow("twice", async (ctx) => {
    taken.push(await ctx.lock("door"), await ctx.lock("door"));
  });
  await using host = await startHost(store, twice);
  await soon((await host.startWorkflow("twice")).result());
  equal(taken[0], taken[1]);
});

Deno.test("of two that want a lock in one step, one may give up; the other goes on waiting", async () => {
  await using store = new MemoryPersistence();
  const { reached, open, pass } = door();
  const abort = new AbortController();
  const asked: Promise<unknown>[] = [];
  const twice = workflow("twice", async (ctx) => {
    asked.push(ctx.lock("door", { signal: abort.signal }), ctx.lock("door"));
    asked.push(ctx.lock("door", { signal: abort.signal }));
    for (const each of asked) each.catch(() => {});
    await pass(ctx);
    await asked[1];
  });
  await using host = await startHost(store, twice);
  const held = await host.lock("door");
  const run = await host.startWorkflow("twice");
  await reached;
  abort.abort(new Error("enough"));
  await rejects(soon(asked[0]!), /enough/);
  await rejects(soon(asked[2]!), /enough/);
  open();
  await held[Symbol.asyncDispose]();
  await soon(run.result());
});

Deno.test("a step that takes a lock again, for longer, has it for that time from then on", async () => {
  const clock = new ManualClock();
  await using store = new MemoryPersistence({ clock });
  const freeIn = async () => {
    const acquired = await store.lock.acquire({ name: "door", token: "another", ttl: 1_000, above: 0 });
    return "freeIn" in acquired && acquired.freeIn;
  };
  const seen: unknown[] = [];
  const longer = workflow("longer", async (ctx) => {
    for (const ttl of ["2s", "1h", undefined, "3s"]) {
      await ctx.lock("door", ttl === undefined ? {} : { ttl });
      seen.push(await freeIn());
    }
    await rejects(ctx.lock("door", { ttl: "1ms" }), { code: "INVALID_DURATION" });
  });
  await using host = await startHostWith({ persistence: store, clock }, longer);
  await soon((await host.startWorkflow("longer")).result());
  deepEqual(seen, [2_000, 3_600_000, 3_600_000, 3_600_000]);
});

Deno.test("a step that has lost a lock does not get it again", async () => {
  await using store = new MemoryPersistence();
  const lock = forgetful();
  const losing = workflow("losing", async (ctx) => {
    await ctx.lock("door");
    lock.forget();
    // It is to be renewed now.
    await ctx.lock("door", { ttl: "1h" });
  });
  await using host = await startHostWith({ persistence: store, lock }, losing);
  const { status, error } = await soon((await host.startWorkflow("losing")).atRest());
  deepEqual([status, error?.type], ["Failed", "LockLostError"]);
});

Deno.test("a step may hold a thousand locks; one more fails it, once and for all", async () => {
  await using store = new MemoryPersistence();
  let attempts = 0;
  const greedy = new WorkflowBuilder<{ n: number }>().startWith(async (ctx) => {
    attempts++;
    for (let n = 0; n < ctx.data.n; n++) await ctx.lock(`door ${n}`);
  }).name("Step").build("greedy", 1);
  await using host = await startHost(store, greedy);
  await soon((await host.startWorkflow("greedy", { n: 1_000 })).result());
  const { error } = await soon((await host.startWorkflow("greedy", { n: 1_001 })).atRest());
  deepEqual([error?.type, attempts], ["TooManyLocksError", 2]);
  await using _free = await soon(host.lock("door 999"));
});

Deno.test("a step that waits for a lock ends by its timeout, and does not get it afterwards", async () => {
  await using store = new MemoryPersistence();
  const waiting = new WorkflowBuilder().startWith(async (ctx) => void await ctx.lock("door")).name("Step")
    .timeout("50ms").onError(ErrorBehavior.fail()).build("waiting", 1);
  await using host = await startHost(store, waiting);
  const lock = await host.lock("door");
  const { status, error } = await soon((await host.startWorkflow("waiting")).atRest());
  deepEqual([status, error?.type], ["Failed", "StepTimeoutError"]);
  await lock[Symbol.asyncDispose]();
  await using _again = await soon(host.lock("door"));
});

Deno.test("a step that ends without waiting for the lock it has asked for does not get it afterwards", async () => {
  await using store = new MemoryPersistence();
  const hasty = workflow("hasty", (ctx) => void ctx.lock("door").catch(() => {}));
  await using host = await startHost(store, hasty);
  const lock = await host.lock("door");
  await soon((await host.startWorkflow("hasty")).result());
  await lock[Symbol.asyncDispose]();
  await turns(2);
  await using _again = await soon(host.lock("door"));
});

Deno.test("what asks for a lock once its attempt is over gets none", async () => {
  await using store = new MemoryPersistence();
  const late = Promise.withResolvers<unknown>();
  const definition = workflow("late", (ctx) => {
    setTimeout(() => late.resolve(ctx.lock("door").catch((error) => error)), 20);
  });
  await using host = await startHost(store, definition);
  await soon((await host.startWorkflow("late")).result());
  ok(/the attempt is over/.test(String(await soon(late.promise))));
  await using _free = await soon(host.lock("door"));
});

Deno.test("a lock that is asked for while the log of an attempt that has ended is stored is free afterwards", async () => {
  await using memory = new MemoryPersistence();
  const storing = Promise.withResolvers<void>();
  const stored = Promise.withResolvers<void>();
  const store = wrapped(memory, "appendLog", async (call) => {
    storing.resolve();
    await stored.promise;
    return await call();
  });
  const late = Promise.withResolvers<unknown>();
  const definition = workflow("late", (ctx) => {
    ctx.logger.info("done");
    storing.promise.then(() => late.resolve(ctx.lock("door").catch((error) => error)));
  });
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("late");
  await soon(late.promise);
  stored.resolve();
  await soon(run.result());
  await using _free = await soon(host.lock("door"));
});

Deno.test("a lock is free again though the engine cannot go on with the run", async () => {
  await using store = new MemoryPersistence();
  let isBroken = false;
  const random: Random = {
    number: () => {
      if (isBroken) throw new Error("defect");
      return Math.random();
    },
  };
  const definition = workflow("door", async (ctx) => {
    await ctx.lock("door");
    isBroken = true;
  });
  await using host = await startHostWith({ persistence: store, random }, definition);
  await host.startWorkflow("door");
  await using _free = await soon(host.lock("door"));
  isBroken = false;
});

Deno.test("a lock that was given by an answer that was lost is free when nobody waits for it any more", async () => {
  await using store = new MemoryPersistence();
  const memory = new MemoryLock();
  const given = Promise.withResolvers<void>();
  const lock = locksOf(memory, {
    acquire: async (request) => {
      await memory.acquire(request);
      given.resolve();
      throw trouble;
    },
  });
  await using host = new WorkflowHostBuilder().usePersistence(store).useLock(lock).build();
  const abort = new AbortController();
  const waiting = host.lock("door", { ttl: "1h", signal: abort.signal });
  await given.promise;
  abort.abort(new Error("enough"));
  await rejects(waiting, /enough/);
  await turns(1);
  ok((await memory.acquire({ name: "door", token: "another", ttl: 1_000, above: 0 })).fence);
});

Deno.test("a lock is renewed each third of its time; it is lost when its time is over by the host's clock", async () => {
  const clock = new ManualClock();
  const memory = new MemoryLock({ clock });
  let isAway = false;
  const lock = locksOf(memory, {
    renew: (...given) => isAway ? Promise.reject(trouble) : memory.renew(...given),
  });
  await using store = new MemoryPersistence({ clock });
  await using host = new WorkflowHostBuilder().usePersistence(store).useLock(lock).useClock(clock).build();
  await using held = await host.lock("door", { ttl: "3s" });
  for (let second = 0; second < 10; second++) {
    clock.advance(1_000);
    await turns(1);
  }
  equal(held.signal.aborted, false);
  isAway = true;
  clock.advance(2_999);
  await turns(1);
  equal(held.signal.aborted, false);
  clock.advance(1);
  deepEqual([held.signal.reason.code, held.signal.reason.fence], ["LOCK_LOST", held.fence]);
});

Deno.test("a lock that was given to another is lost at the next renewal", async () => {
  const clock = new ManualClock();
  const lock = forgetful();
  await using store = new MemoryPersistence({ clock });
  await using host = new WorkflowHostBuilder().usePersistence(store).useLock(lock).useClock(clock).build();
  await using held = await host.lock("door", { ttl: "3s" });
  lock.forget();
  clock.advance(1_000);
  await turns(1);
  equal(held.signal.reason.code, "LOCK_LOST");
});

Deno.test("a lock whose store does not tell that it is free is had soon all the same", async () => {
  const clock = new ManualClock();
  const memory = new MemoryLock({ clock });
  const lock = locksOf(memory, { watch: () => ({ [Symbol.dispose]: () => {} }) });
  await using store = new MemoryPersistence({ clock });
  await using host = new WorkflowHostBuilder().usePersistence(store).useLock(lock).useClock(clock).build();
  const held = await host.lock("door", { ttl: "1h" });
  const waiting = host.lock("door");
  await turns(1);
  await held[Symbol.asyncDispose]();
  clock.advance(10_000);
  await using _lock = await soon(waiting);
});

Deno.test("where the way to a lock store takes longer than the ttl, more time is asked for", async () => {
  const clock = new ManualClock();
  const memory = new MemoryLock({ clock });
  const late = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    const result = await call();
    await new Promise<void>((resolve) => clock.schedule(1_500, resolve));
    return result;
  };
  const lock = locksOf(memory, {
    acquire: (request) => late(() => memory.acquire(request)),
    renew: (...given) => late(() => memory.renew(...given)),
  });
  await using store = new MemoryPersistence({ clock });
  await using host = new WorkflowHostBuilder().usePersistence(store).useLock(lock).useClock(clock).build();
  const waiting = host.lock("door", { ttl: "1s" });
  const go = async (seconds: number) => {
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      await turns(1);
      clock.advance(100);
    }
  };
  await go(6);
  const held = await soon(waiting);
  await go(10);
  equal(held.signal.aborted, false);
  const freed = held[Symbol.asyncDispose]();
  // A renewal may be on its way.
  clock.advance(1_500);
  await freed;
});

Deno.test("steps whose locks are never renewed do not take them from each other for ever", async () => {
  const clock = new ManualClock();
  await using store = new MemoryPersistence({ clock });
  const lock = locksOf(store.lock, { renew: () => Promise.reject(trouble) });
  const slow = workflow("slow", async (ctx) => {
    await ctx.lock("door", { ttl: "1s" });
    await new Promise<void>((resolve) => clock.schedule(1_500, resolve));
  });
  const random: Random = { number: () => 0.5 };
  await using host = await startHostWith({ persistence: store, lock, clock, random }, slow);
  const runs = [];
  for (const runId of ["a", "b"]) runs.push(await host.startWorkflow("slow", {}, { runId }));
  let done = 0;
  for (const run of runs) run.result().then(() => done++);
  for (let tenth = 0; tenth < 600 && done < 2; tenth++) {
    await turns(2);
    clock.advance(100);
  }
  equal(done, 2);
});

Deno.test("a result is refused whose lock was lost so long ago that who had it since is forgotten", async () => {
  const clock = new ManualClock();
  await using store = new MemoryPersistence({ clock });
  const lock = locksOf(store.lock, { renew: () => Promise.reject(trouble) });
  const { reached, open, pass } = door();
  const slow = workflow("slow", async (ctx) => {
    await ctx.lock("door");
    if (ctx.attempt === 1) await pass(ctx);
    ctx.set({ by: `attempt ${ctx.attempt}` });
  });
  const quick = workflow("quick", async (ctx) => void await ctx.lock("door"));
  const leaseTtl = 100 * 3_600_000;
  await using host = await startHostWith({ persistence: store, lock, clock, leaseTtl }, slow, quick);
  const run = await host.startWorkflow("slow");
  await reached;
  clock.advance(30_000);
  await soon((await host.startWorkflow("quick")).result());
  clock.advance(25 * 3_600_000);
  equal(await store.lock.forget(clock.now() - 24 * 3_600_000, 9), 1);
  open();
  await soon(run.result());
  deepEqual((await store.get(run.id))?.data, { by: "attempt 2" });
});

Deno.test("a fence that is no whole number of JSON is refused, and the lock given back", async () => {
  await using store = new MemoryPersistence();
  const memory = new MemoryLock();
  const lock = locksOf(memory, {
    acquire: async (request) => ({ fence: (await memory.acquire(request)).fence! * 1_000 }),
  });
  await using host = new WorkflowHostBuilder().usePersistence(store).useLock(lock).build();
  await rejects(host.lock("door"), { code: "STORE", problem: "unsupported", message: /useLock/ });
  ok((await memory.acquire({ name: "door", token: "another", ttl: 1_000, above: 0 })).fence);
});

Deno.test("a lock store in trouble that passes is waited for, another fails the step", async () => {
  await using store = new MemoryPersistence();
  const memory = new MemoryLock();
  let failures = 0;
  const once = (error: Error) =>
    locksOf(memory, {
      acquire: (request) => failures++ < 1 ? Promise.reject(error) : memory.acquire(request),
    });
  await using waits = new WorkflowHostBuilder().usePersistence(store).useLock(once(trouble)).build();
  await using _lock = await soon(waits.lock("door"));
  failures = 0;
  const denied = new StoreError("denied", "no");
  await using fails = new WorkflowHostBuilder().usePersistence(store).useLock(once(denied)).build();
  await rejects(fails.lock("other"), denied);
});

Deno.test("who waits for a lock gives up when the signal aborts; bad names and times are refused", async () => {
  await using store = new MemoryPersistence();
  await using host = new WorkflowHostBuilder().usePersistence(store).build();
  await using _held = await host.lock("door");
  const abort = new AbortController();
  const waiting = host.lock("door", { signal: abort.signal });
  abort.abort(new Error("enough"));
  await rejects(waiting, /enough/);
  await rejects(host.lock(""), { code: "INVALID_TEXT" });
  await rejects(host.lock("門".repeat(342)), { code: "INVALID_TEXT", message: /1026 bytes/ });
  await rejects(host.lock("ok", { ttl: "soon" as never }), { name: "InvalidDurationError" });
  await rejects(host.lock("ok", { ttl: "999ms" }), { code: "INVALID_DURATION", message: /"1s" or longer/ });
});

Deno.test("a host whose store has no locks says what it lacks", async () => {
  await using memory = new MemoryPersistence();
  const store: Persistence = new Proxy(memory, {
    get: (target, name) => {
      const member: unknown = name === "lock" ? undefined : Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  await using host = new WorkflowHostBuilder().usePersistence(store).build();
  await rejects(host.lock("door"), { code: "HOST_STATE", message: /useLock\(\)/ });
});
