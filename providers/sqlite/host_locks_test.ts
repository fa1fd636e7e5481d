import assert from "node:assert/strict";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { claim, enter, ids, type Scene, ttl } from "../../src/testing/persistence/scene.ts";
import { HostLocks } from "./host_locks.ts";
import { SqliteProvider } from "./persistence.ts";
import { startProcess } from "./testdata/spawn.ts";

/** A folder, and what reaches a store in it as the tests of the contract do. */
async function scene(): Promise<Scene & AsyncDisposable & { readonly path: string }> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/test.db`;
  const clock = new ManualClock(Date.now());
  const store = await SqliteProvider.open(path, { clock });
  return {
    path,
    store,
    clock,
    connect: () => Promise.resolve(store),
    async [Symbol.asyncDispose](): Promise<void> {
      await store[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function lockFiles(path: string): string[] {
  const files = [...Deno.readDirSync(`${path}.hosts`)].map(({ name }) => name).sort();
  return files.filter((name) => name.endsWith(".lock"));
}

Deno.test("a run of a process that lives is left to it, and the owner is named", async () => {
  await using at = await scene();
  await using owner = await startProcess(at.path, "own");
  await enter(at, "other");
  assert.deepEqual(await claim(at, "other"), []);
  assert.deepEqual(await at.store.ownerOf("run"), { incarnation: "owner", pid: owner.pid });
});

Deno.test("a run of a process that was killed is claimed at once, and its traces are removed", async () => {
  await using at = await scene();
  await using owner = await startProcess(at.path, "own");
  await enter(at, "other");
  assert.deepEqual(lockFiles(at.path), ["other.lock", "owner.lock"]);
  await owner.kill();
  at.clock.jump(Date.now());
  assert.equal(await at.store.ownerOf("run"), null);
  assert.ok((await at.store.nextDue())! <= at.clock.now());
  assert.deepEqual(ids(await claim(at, "other")), ["run"]);
  assert.deepEqual(lockFiles(at.path), ["other.lock"]);
});

Deno.test("a process that lives but whose heartbeat has expired loses its runs, and keeps its lock file", async () => {
  await using at = await scene();
  await using owner = await startProcess(at.path, "own");
  at.clock.jump(Date.now() + 3_600_000 + ttl);
  await enter(at, "other");
  assert.deepEqual(ids(await claim(at, "other")), ["run"]);
  assert.deepEqual(lockFiles(at.path), ["other.lock", "owner.lock"]);
  await owner.kill();
  await using _ = await SqliteProvider.open(at.path);
  assert.deepEqual(lockFiles(at.path), ["other.lock"]);
});

Deno.test("a host without a lock file lives by its heartbeat", async () => {
  await using at = await scene();
  await using owner = await startProcess(at.path, "own");
  await enter(at, "other");
  await Deno.remove(`${at.path}.hosts/owner.lock`);
  await owner.kill();
  assert.deepEqual(await claim(at, "other"), []);
  at.clock.jump(Date.now() + 3_600_000 + ttl);
  await enter(at, "other");
  assert.deepEqual(ids(await claim(at, "other")), ["run"]);
});

Deno.test("disposing of a provider frees its hosts", async () => {
  await using at = await scene();
  {
    await using first = await SqliteProvider.open(at.path, { clock: at.clock });
    await first.renewHost({ incarnation: "first", pid: 1 }, ttl);
    await enter(at, "other");
    assert.equal(new HostLocks(`${at.path}.hosts`).probe("first"), "held");
  }
  assert.equal(new HostLocks(`${at.path}.hosts`).probe("first"), "free");
});

Deno.test("removeHost() leaves no lock file", async () => {
  await using at = await scene();
  await enter(at, "other");
  await at.store.removeHost("other");
  assert.deepEqual(lockFiles(at.path), []);
});

Deno.test("a host's name cannot lead out of the folder", async () => {
  await using at = await scene();
  await enter(at, "../../out of it");
  assert.equal(lockFiles(at.path).length, 1);
});

Deno.test("two that look at a lock at the same time both see it free", async () => {
  const folder = await Deno.makeTempDir();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.writeTextFile(`${folder}/dead.lock`, "");
  using looking = await Deno.open(`${folder}/dead.lock`);
  assert.ok(looking.tryLockSync(false));
  assert.equal(new HostLocks(folder).probe("dead"), "free");
});

Deno.test("a sweep leaves the lock of a host that is not entered yet", async () => {
  const folder = await Deno.makeTempDir();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const locks = new HostLocks(folder);
  locks.acquire("new");
  await Deno.writeTextFile(`${folder}/dead.lock`, "");
  new HostLocks(folder).sweep(new Set());
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["new.lock"]);
  locks.close();
});

Deno.test("where lock files cannot be made, a host is entered without one", async () => {
  await using at = await scene();
  await Deno.remove(`${at.path}.hosts`, { recursive: true }).catch(() => {});
  await Deno.writeTextFile(`${at.path}.hosts`, "a file in the way");
  await enter(at, "other");
  assert.equal(await at.store.nextDue(), null);
});
