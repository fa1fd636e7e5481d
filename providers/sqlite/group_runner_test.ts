import assert from "node:assert/strict";
import { Connection } from "./connection.ts";
import { openDatabase } from "./database.ts";
import { GroupRunner } from "./group_runner.ts";

Deno.test("a write to a store that is closed starts no thread, which would open its file again", async () => {
  let started = 0;
  const startThread = () => Promise.reject(new Error(`started ${++started}`));
  const connection = new Connection(openDatabase(":memory:"), {
    name: "test.db",
    busyTimeout: 0,
    random: Math.random,
  });
  const runner = new GroupRunner({ connection, mode: "thread", startThread });
  connection.close();
  await assert.rejects(runner.run({ writes: [], unless: null }), { code: "ERR_INVALID_STATE" });
  assert.equal(started, 0);
});
