import assert from "node:assert/strict";
import { MemoryPersistence } from "../memory/persistence.ts";
import { withCrashPoints } from "./crash_points.ts";
import { ManualClock } from "./manual_clock.ts";
import { newRun, stored } from "./persistence/scene.ts";

Deno.test("withCrashPoints() names the moment before and after each write, counted by method", async () => {
  const points: string[] = [];
  const store = withCrashPoints(new MemoryPersistence(), (point) => void points.push(point));
  await store.saveDefinition(stored);
  for (const id of ["a", "b"]) await store.create(newRun(new ManualClock(), id).transition);
  await store.get("a");
  await store.nextDue();
  assert.deepEqual(points, [
    "saveDefinition 1 before",
    "saveDefinition 1 after",
    "create 1 before",
    "create 1 after",
    "create 2 before",
    "create 2 after",
  ]);
});

Deno.test("a crash before a write leaves it undone, one after it leaves it done", async () => {
  for (const moment of ["before", "after"]) {
    const memory = new MemoryPersistence();
    const store = withCrashPoints(memory, (point) => {
      if (point === `openSink 1 ${moment}`) throw new Error("crashed");
    });
    await assert.rejects(store.openSink("sink"), /crashed/);
    await memory.saveDefinition(stored);
    await memory.create(newRun(new ManualClock(), "run").transition);
    assert.equal((await memory.readOutbox("sink", 9)).length, moment === "after" ? 1 : 0);
  }
});

Deno.test("withCrashPoints() knows every method that writes, but those that only time calls for", async () => {
  const reached = new Set<string>();
  const memory = new MemoryPersistence();
  const store = withCrashPoints(memory, (point) => {
    reached.add(point.split(" ")[0]!);
    // What the call would do is of no interest.
    throw new Error("crashed");
  });
  const reads = [
    "now",
    "ownerOf",
    "getRevisions",
    "getDefinition",
    "mail",
    "unread",
    "parked",
    "epochs",
    "nextDue",
    "get",
    "list",
    "summaries",
  ];
  const more = ["pointers", "lastCompleted", "readOutbox", "readDirty", "readLog", "notes"];
  const timed = ["renewHost", "leaseSink", "appendLog", "putNotes"];
  const known = new Set(["constructor", ...reads, ...more, ...timed]);
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(memory)).filter((name) =>
    !known.has(name)
  );
  for (const method of methods) {
    const write: () => Promise<unknown> = Reflect.get(store, method);
    await assert.rejects(write(), /crashed/, method);
    assert.ok(reached.has(method));
  }
});
