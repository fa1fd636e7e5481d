import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { stored } from "../../src/testing/persistence/scene.ts";
import type { SqliteOptions } from "./options.ts";
import { SqliteProvider } from "./persistence.ts";

async function open(options: SqliteOptions = {}): Promise<{
  readonly store: SqliteProvider;
  readonly other: DatabaseSync;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const folder = await Deno.makeTempDir();
  const store = await SqliteProvider.open(`${folder}/test.db`, options);
  const other = new DatabaseSync(`${folder}/test.db`, { timeout: 0 });
  return {
    store,
    other,
    async [Symbol.asyncDispose](): Promise<void> {
      other.close();
      await store[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("a write waits for another connection, and the event loop goes on meanwhile", async () => {
  await using at = await open();
  at.other.exec("BEGIN IMMEDIATE");
  let ticks = 0;
  const timer = setInterval(() => {
    if (++ticks === 5) at.other.exec("COMMIT");
  }, 5);
  await at.store.saveDefinition(stored);
  clearInterval(timer);
  assert.ok(ticks >= 5);
  assert.deepEqual(await at.store.getDefinition(stored.hash), stored);
});

Deno.test("a write that waits too long is refused as busy, which may be tried again", async () => {
  await using at = await open({ busyTimeout: 60 });
  at.other.exec("BEGIN IMMEDIATE");
  await assert.rejects(at.store.saveDefinition(stored), { code: "STORE", problem: "busy", retryable: true });
  at.other.exec("COMMIT");
  await at.store.saveDefinition(stored);
});

Deno.test("reading waits for no writer", async () => {
  await using at = await open({ busyTimeout: 0 });
  at.other.exec("BEGIN IMMEDIATE; DELETE FROM wfe_definition");
  assert.deepEqual(await at.store.list({ limit: 1 }), []);
  at.other.exec("ROLLBACK");
});

Deno.test("a caller's connection inside a transaction is refused, and its transaction left alone", async () => {
  using database = new DatabaseSync(":memory:");
  await using store = await SqliteProvider.from(database);
  database.exec("BEGIN; CREATE TABLE mine (a)");
  await assert.rejects(store.saveDefinition(stored), { code: "STORE", problem: "unsupported" });
  database.exec("COMMIT; SELECT * FROM mine");
  await store.saveDefinition(stored);
});

Deno.test("acknowledged writes survive a power cut by default, and a crash of the program at least", async () => {
  for (const [durability, synchronous] of [["power", 2], ["process", 1]] as const) {
    using database = new DatabaseSync(":memory:");
    await using _ = await SqliteProvider.from(database, { durability });
    assert.equal(database.prepare("PRAGMA synchronous").get()?.["synchronous"], synchronous);
  }
  await using at = await open();
  assert.equal(at.other.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "wal");
});

Deno.test("who closes a store that is being closed waits until it is", async () => {
  await using at = await open({ writer: "thread" });
  let isClosed = false;
  const closing = at.store[Symbol.asyncDispose]().then(() => isClosed = true);
  await at.store[Symbol.asyncDispose]();
  assert.ok(isClosed);
  await closing;
});

Deno.test("the caller's connection stays open", async () => {
  using database = new DatabaseSync(":memory:");
  await (await SqliteProvider.from(database))[Symbol.asyncDispose]();
  database.exec("SELECT * FROM wfe_instance");
});
