/** What hosts do with a queue and locks whose server fails: losing both loses nothing. */
import assert from "node:assert/strict";
import { WorkflowBuilder, type WorkflowHost, WorkflowHostBuilder } from "../../mod.ts";
import { door, soon } from "../../src/engine/testing_host.ts";
import { checkStore } from "../../src/testing/invariants.ts";
import { SqliteProvider } from "../sqlite/mod.ts";
import { Proxy } from "../testing_proxy.ts";
import { ValkeyProvider } from "./provider.ts";
import { testServer } from "./testing_server.ts";

type Definition = Parameters<WorkflowHost["registerWorkflow"]>[0];

interface Party extends AsyncDisposable {
  readonly store: SqliteProvider;
  /** Makes a host on connections of its own to the store and to the server. */
  readonly host: (url: string, definitions: readonly Definition[], start?: boolean) => Promise<WorkflowHost>;
}

/** `commandTimeout` is what hosts give the server, in milliseconds. */
async function party(commandTimeout?: number): Promise<Party> {
  const open = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  open.defer(() => Deno.remove(folder, { recursive: true }));
  const connect = () => SqliteProvider.open(`${folder}/test.db`, { durability: "process" });
  const store = open.use(await connect());
  return {
    store,
    host: async (url, definitions, start = true) => {
      const own = open.use(await connect());
      const { queue, lock } = open.use(
        await ValkeyProvider.open(url, { required: false, ...commandTimeout && { commandTimeout } }),
      );
      const host = open.use(
        new WorkflowHostBuilder().usePersistence(own).useQueue(queue).useLock(lock).leaseTtl("5s").build(),
      );
      for (const definition of definitions) host.registerWorkflow(definition);
      if (start) await host.start();
      return host;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

testServer(
  "while the server is killed, flushed, frozen and cut off, no run, step or event is lost or done twice",
  async (server) => {
    const runs = 40;
    await using proxy = new Proxy(server.url);
    await using at = await party(500);
    const done = new Map<string, number>();
    const counts = (step: string, n: number): void => {
      done.set(`${step} ${n}`, (done.get(`${step} ${n}`) ?? 0) + 1);
    };
    let left = runs;
    const definition = new WorkflowBuilder<{ readonly n: number }>()
      .startWith((ctx) => counts("one", ctx.data.n)).name("One")
      .waitFor("go", (data) => String(data.n)).name("Wait")
      .then((ctx) => counts("two", ctx.data.n)).name("Two")
      .then(async (ctx) => (await ctx.lock("shared", { ttl: "2s" })).fence).name("Locked")
      .then(() => void left--).name("Three")
      .build("shaken", 1);
    const hosts = [await at.host(proxy.url, [definition]), await at.host(server.url, [definition])];
    const producer = await at.host(server.url, [definition], false);
    const disturbances: readonly (() => Promise<unknown> | void)[] = [
      () => server.kill(),
      () => server.start(),
      () => server.send("FLUSHALL"),
      () => server.signal("SIGSTOP"),
      () => server.signal("SIGCONT"),
      () => proxy.cut(),
      () => server.send("FLUSHALL"),
    ];
    const started = [];
    for (let n = 0; n < runs; n++) {
      started.push(await producer.startWorkflow("shaken", { n }));
      if (n % 5 === 4) await disturbances[(n - 4) / 5]?.();
      await producer.publishEvent("go", String(n));
    }
    const ends = await Promise.all(started.map(({ id }) => soon(hosts[0]!.getHandle(id).atRest(), 60_000)));
    assert.ok(ends.every(({ status }) => status === "Complete"));
    assert.equal(left, 0);
    assert.equal(done.size, 2 * runs);
    assert.deepEqual([...done].filter(([, times]) => times !== 1), []);
    assert.deepEqual(await checkStore(at.store), []);
  },
);

testServer(
  "two who have a lock, because the server was flushed, do not record out of order",
  async (server) => {
    await using at = await party();
    const { reached, open, pass } = door();
    const attempts: number[] = [];
    const slow = new WorkflowBuilder<{ readonly by?: number }>().startWith(async (ctx) => {
      await ctx.lock("door");
      attempts.push(ctx.attempt);
      if (ctx.attempt === 1) await pass(ctx as never);
      ctx.set({ by: ctx.attempt });
    }).name("Slow").build("slow", 1);
    const quick = new WorkflowBuilder().startWith(async (ctx) => (await ctx.lock("door")).fence).name("Quick")
      .build("quick", 1);
    const host = await at.host(server.url, [slow]);
    const other = await at.host(server.url, [quick]);
    const run = await host.startWorkflow("slow");
    await reached;
    await server.send("FLUSHALL");
    await soon((await other.startWorkflow("quick")).result(), 60_000);
    open();
    assert.deepEqual(await soon(run.result(), 60_000), { by: 2 });
    assert.deepEqual(attempts, [1, 2]);
  },
);

testServer("an idle host waits at the server, and is not kept from stopping by that", async (server) => {
  await using at = await party();
  const host = await at.host(server.url, []);
  await server.isWaitedAt();
  // A look at the queue lasts 15 s.
  await soon(host.stop(), 10_000);
  assert.match(String(await server.send("INFO", "clients")), /blocked_clients:0/);
});
