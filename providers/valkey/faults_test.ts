/** What becomes of locks and hints when the server fails: on a server of the test's own. */
import assert from "node:assert/strict";
import type { StoreProblem } from "../../src/provider/errors.ts";
import { startDeno } from "../../tests/processes.ts";
import { Proxy } from "../testing_proxy.ts";
import { ValkeyProvider } from "./provider.ts";
import { testServer } from "./testing_server.ts";

const ttl = 60_000;

/** Every refusal names what could not be done and, behind a semicolon, what helps. */
async function assertRefused(attempt: Promise<unknown>, problem: StoreProblem, words: RegExp): Promise<void> {
  await assert.rejects(attempt, (error: Error & { readonly code?: string; readonly problem?: string }) => {
    assert.deepEqual([error.code, error.problem], ["STORE", problem], error.message);
    assert.match(error.message, /^Cannot .+: .+; .+/s);
    assert.match(error.message, words);
    return true;
  });
}

async function take({ lock }: ValkeyProvider, token: string): Promise<number | null> {
  return (await lock.acquire({ name: "door", token, ttl, above: 0 })).fence;
}

async function reserve({ queue }: ValkeyProvider, consumer = "host"): Promise<string[]> {
  const entries = await queue.reserve(consumer, 9, new AbortController().signal);
  await queue.acknowledge(entries);
  return entries.map(({ runId }) => runId);
}

for (const policy of ["allkeys-lru", "volatile-ttl"]) {
  testServer(
    `a server that evicts keys (${policy}) is refused, with the remedy, until it is set right`,
    async (server) => {
      const words = new RegExp(`maxmemory-policy is ${policy}.*CONFIG SET maxmemory-policy noeviction`);
      await assertRefused(ValkeyProvider.open(server.url), "unsupported", words);
      await assertRefused(ValkeyProvider.open(server.url, { required: false }), "unsupported", words);
      await server.send("CONFIG", "SET", "maxmemory-policy", "noeviction");
      await using _valkey = await ValkeyProvider.open(server.url);
    },
    ["--maxmemory-policy", policy],
  );
}

testServer(
  "a password with special characters is written as a URL has it; a wrong one is not told",
  async (server) => {
    const { host } = server;
    await using valkey = await ValkeyProvider.open(`redis://:p%40%3A%2F%25w@${host}`);
    assert.ok(await take(valkey, "a"));
    await assertRefused(ValkeyProvider.open(`redis://:p%40%3A%2F%25x@${host}`), "denied", /%40 %3A %2F %25/);
    await assertRefused(ValkeyProvider.open(`redis://${host}`), "denied", /user, password/);
    const wrong = await ValkeyProvider.open(`redis://:secret-word@${host}`).catch((error) => error);
    assert.ok(!String(wrong.stack).includes("secret-word"));
  },
  ["--requirepass", "p@:/%w"],
);

testServer("scripts that the server has forgotten are sent again", async (server) => {
  await using valkey = await ValkeyProvider.open(server.url);
  const fence = await take(valkey, "a");
  await valkey.queue.push(["one"]);
  await server.send("SCRIPT", "FLUSH");
  assert.equal(await take(valkey, "a"), fence);
  assert.equal(await valkey.lock.renew("door", "a", ttl), true);
  await valkey.queue.push(["two"]);
  assert.deepEqual(await reserve(valkey), ["one", "two"]);
  // It knows them now.
  assert.match(String(await server.send("INFO", "commandstats")), /cmdstat_evalsha:calls=[1-9]/);
});

testServer(
  "a server that was flushed gives a lock again, with a greater fence, and goes on with new hints",
  async (server) => {
    await using valkey = await ValkeyProvider.open(server.url);
    const first = (await take(valkey, "a"))!;
    await valkey.queue.push(["lost"]);
    await server.send("FLUSHALL");
    assert.ok((await take(valkey, "b"))! > first);
    assert.equal(await valkey.lock.renew("door", "a", ttl), false);
    const waiting = reserve(valkey);
    await server.isWaitedAt();
    // Also while somebody waits.
    await server.send("FLUSHALL");
    await valkey.queue.push(["new"]);
    assert.deepEqual(await waiting, ["new"]);
  },
);

testServer("a server that is killed fails who waits, and is used again once it is back", async (server) => {
  await using valkey = await ValkeyProvider.open(server.url);
  await take(valkey, "a");
  const waiting = assertRefused(reserve(valkey), "io", /check host and port/);
  await server.isWaitedAt();
  await server.kill();
  await waiting;
  await assertRefused(take(valkey, "b"), "io", /made anew by itself/);
  await assertRefused(valkey.queue.push(["lost"]), "io", /cannot be reached/);
  await server.start();
  assert.ok(await take(valkey, "b"));
  await valkey.queue.push(["new"]);
  assert.deepEqual(await reserve(valkey), ["new"]);
});

testServer("who waits for a lock hears of it again once the server is back", async (server) => {
  await using valkey = await ValkeyProvider.open(server.url);
  let told = Promise.withResolvers<void>();
  using _watch = valkey.lock.watch!("door", () => told.resolve());
  await server.isWaitedAt();
  await told.promise;
  told = Promise.withResolvers();
  await server.kill();
  await server.start();
  await told.promise;
});

testServer(
  "a server that is away is not needed to open a provider where it is not required",
  async (server) => {
    await server.kill();
    await assertRefused(ValkeyProvider.open(server.url), "io", /check host and port/);
    await using valkey = await ValkeyProvider.open(server.url, { required: false });
    await assertRefused(take(valkey, "a"), "io", /check host and port/);
    await server.start();
    assert.ok(await take(valkey, "a"));
  },
);

testServer(
  "an answer that does not come is not waited for; the same token then has its lock",
  async (server) => {
    await using proxy = new Proxy(server.url);
    await using patient = await ValkeyProvider.open(proxy.url);
    await using hasty = await ValkeyProvider.open(proxy.url, { commandTimeout: 2_000 });
    // So that the server knows the script.
    await patient.lock.acquire({ name: "other", token: "a", ttl, above: 0 });
    proxy.mode = "deaf";
    await assertRefused(take(hasty, "a"), "io", /no answer for 2000 ms/);
    await assertRefused(
      ValkeyProvider.open(proxy.url, { connectTimeout: 1_000 }),
      "io",
      /no answer for 1000 ms/,
    );
    proxy.mode = "pass";
    assert.equal(await take(patient, "b"), null);
    assert.ok(await take(patient, "a"));
  },
);

testServer(
  "a server that is frozen while somebody waits ends the wait after a time; the stop is not kept waiting",
  async (server) => {
    await using valkey = await ValkeyProvider.open(server.url, { commandTimeout: 2_000 });
    const stop = new AbortController();
    const waiting = valkey.queue.reserve("host", 9, stop.signal);
    await server.isWaitedAt();
    server.signal("SIGSTOP");
    stop.abort();
    assert.deepEqual(await waiting, []);
    server.signal("SIGCONT");
  },
);

testServer(
  "connections that break again and again lose no lock, and keep no hint from coming",
  async (server) => {
    await using proxy = new Proxy(server.url);
    await using valkey = await ValkeyProvider.open(proxy.url);
    let last = 0;
    for (let time = 0; time < 20; time++) {
      const fence = (await take(valkey, `token ${time}`))!;
      assert.ok(fence > last);
      last = fence;
      await valkey.queue.push([`run-${time}`]);
      proxy.cut();
      await valkey.lock.release("door", `token ${time}`);
    }
    const seen = new Set<string>();
    while (seen.size < 20) for (const runId of await reserve(valkey)) seen.add(runId);
  },
);

testServer("what a process had reserved that was killed comes to another", async (server) => {
  const visibility = 500;
  await using valkey = await ValkeyProvider.open(server.url, { visibility });
  await valkey.queue.push(["run-1"]);
  const consumer = startDeno(new URL("testdata/consumer.ts", import.meta.url).pathname, [
    server.url,
    String(visibility),
  ], { flags: ["--allow-net", `--config=${new URL("../../deno.json", import.meta.url).pathname}`] });
  const reader = consumer.stdout.getReader();
  const { value } = await reader.read();
  assert.equal(new TextDecoder().decode(value).trim(), "run-1");
  consumer.kill("SIGKILL");
  await Promise.all([reader.cancel(), consumer.stderr.cancel(), consumer.status]);
  assert.deepEqual(await reserve(valkey), ["run-1"]);
});

testServer("a server without memory refuses hints, and says so", async (server) => {
  await using valkey = await ValkeyProvider.open(server.url);
  await server.send("CONFIG", "SET", "maxmemory", "1");
  await assertRefused(valkey.queue.push(["run-1"]), "full", /maxmemory/);
  await assertRefused(take(valkey, "a"), "full", /maxmemory/);
});

testServer("a server that takes no writes now is one that is away", async (server) => {
  await using valkey = await ValkeyProvider.open(server.url);
  await server.send("REPLICAOF", "127.0.0.1", "1");
  await assertRefused(valkey.queue.push(["run-1"]), "io", /failover/);
  await server.send("REPLICAOF", "NO", "ONE");
  await valkey.queue.push(["run-1"]);
});

testServer("a node of a cluster keeps all keys of a prefix together", async (server) => {
  await server.send("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  while (!String(await server.send("CLUSTER", "INFO")).includes("cluster_state:ok")) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await using valkey = await ValkeyProvider.open(server.url);
  assert.ok(await take(valkey, "a"));
  await valkey.lock.release("door", "a");
  await valkey.queue.push(["run-1"]);
  assert.deepEqual(await reserve(valkey), ["run-1"]);
  await valkey.lifecycle.publish([
    { type: "WorkflowCompleted", runId: "run", definitionId: "d", sequence: 1, at: 1, reason: null },
  ]);
  const slots = new Set<unknown>();
  for (const key of await server.send("KEYS", "*") as string[]) {
    slots.add(await server.send("CLUSTER", "KEYSLOT", key));
  }
  assert.equal(slots.size, 1);
  const [slot] = slots;
  await server.send("CLUSTER", "DELSLOTS", String(slot));
  await server.send("CONFIG", "SET", "cluster-require-full-coverage", "no");
  await assertRefused(take(valkey, "a"), "io", /failover/);
}, ["--cluster-enabled", "yes", "--cluster-config-file", `nodes-${crypto.randomUUID()}.conf`]);
