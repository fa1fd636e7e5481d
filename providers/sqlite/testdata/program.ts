/** A program for tests that need another process: `program.ts <database> open|own|migrate`. */
import { DatabaseSync } from "node:sqlite";
import { ManualClock } from "../../../src/testing/manual_clock.ts";
import { start, ttl } from "../../../src/testing/persistence/scene.ts";
import { initial } from "../migrations/0001_initial.ts";
import { SqliteProvider } from "../persistence.ts";

const [path = "", role] = Deno.args;

/** Opens the database and enters a host. */
async function open(): Promise<void> {
  await using store = await SqliteProvider.open(path);
  await store.renewHost({ incarnation: crypto.randomUUID(), pid: Deno.pid }, ttl);
}

/** Owns a run, by the lock as by the heartbeat, until it is killed. */
async function own(): Promise<void> {
  const clock = new ManualClock(Date.now());
  const store = await SqliteProvider.open(path);
  await store.renewHost({ incarnation: "owner", pid: Deno.pid }, 3_600_000);
  await start({ store, clock, connect: () => Promise.resolve(store) }, "run", { owner: "owner" });
  await forever();
}

/** Stands in the middle of a migration until it is killed. */
async function migrate(): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL; BEGIN IMMEDIATE;
    CREATE TABLE wfe_migration (number INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT;
    INSERT INTO wfe_migration VALUES (1, 0);
    ${initial}`);
  await forever();
}

function forever(): Promise<never> {
  console.log("ready");
  return new Promise(() => setInterval(() => {}, 60_000));
}

const roles = { open, own, migrate };
await roles[role as keyof typeof roles]();
