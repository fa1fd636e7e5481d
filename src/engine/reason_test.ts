import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { reasonOf } from "./reason.ts";
import { startHost } from "./testing_host.ts";

Deno.test("a reason is kept as text of at most 10,000 characters that every store can keep", () => {
  equal(reasonOf(undefined), null);
  equal(reasonOf("a\0b\ud800"), "a\u2400b\ufffd");
  equal(reasonOf("x".repeat(10_001)), "x".repeat(10_000));
  equal(reasonOf(`${"x".repeat(9_999)}👍`), `${"x".repeat(9_999)}\ufffd`);
  equal(reasonOf(5 as unknown as string), "5");
});

Deno.test("the reasons of suspend, cancel and terminate are kept so", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().waitFor("paid", "7").name("Wait").build("w", 1);
  await using host = await startHost(store, definition);
  const reason = `\0${"x".repeat(20_000)}`;
  const kept: unknown[] = [];
  for (const verb of ["suspendWorkflow", "cancelWorkflow", "terminateWorkflow"] as const) {
    const run = await host.startWorkflow("w");
    await host[verb](run.id, reason);
    const { reason: said } = await run.atRest();
    kept.push(said);
  }
  deepEqual(kept, Array(3).fill(`\u2400${"x".repeat(9_999)}`));
});
