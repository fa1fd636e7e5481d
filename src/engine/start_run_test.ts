import { deepEqual, equal, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { defaultLimits } from "./host_options.ts";
import { door, startHost, startHostWith, turns } from "./testing_host.ts";

const definition = new WorkflowBuilder().startWith(() => {}).name("One").build("w", 1);

const refusedTexts: readonly (readonly [text: unknown, received: string])[] = [
  [5, "number"],
  [null, "null"],
  [{}, "object"],
  ["", '""'],
  ["x".repeat(1_025), "1025 bytes"],
  ["a\0b", '"a\\u0000b"'],
  ["\ud800", '"\\ud800"'],
];

for (const [option, name] of [["idempotencyKey", "idempotency key"], ["reference", "reference"]] as const) {
  Deno.test(`no run is started where a store could not keep its ${name} as it is`, async () => {
    await using store = new MemoryPersistence();
    await using host = await startHost(store, definition);
    for (const [text, received] of refusedTexts) {
      await rejects(host.startWorkflow("w", {}, { [option]: text as string }), {
        name: "InvalidTextError",
        message:
          `Cannot start a run: its ${name} must be text of 1 to 1024 bytes in UTF-8, received ${received}`,
      });
    }
    deepEqual(await host.listWorkflows(), []);
    const text = "ä".repeat(512);
    const run = await host.startWorkflow("w", {}, { [option]: text });
    equal((await store.get(run.id))?.[option], text);
  });
}

Deno.test("no run is started with data that is no object", async () => {
  await using store = new MemoryPersistence();
  await using host = await startHost(store, definition);
  for (
    const [data, received] of [[[], "an array"], [null, "null"], ["x", "string"], [7, "number"]] as const
  ) {
    await rejects(host.startWorkflow("w", data), {
      name: "TypeError",
      message: `Cannot start a run: its data must be an object, received ${received}`,
    });
  }
  deepEqual(await host.listWorkflows(), []);
});

Deno.test("a host that starts many runs at once holds no more of them than it may", async () => {
  await using store = new MemoryPersistence();
  const { open, pass } = door();
  let inside = 0;
  let most = 0;
  const guarded = new WorkflowBuilder().startWith(async (ctx) => {
    most = Math.max(most, ++inside);
    await pass(ctx);
    inside--;
  }).name("Guarded").build("guarded", 1);
  await using host = await startHostWith(
    { persistence: store, limits: { ...defaultLimits, runs: 3 } },
    guarded,
  );
  const runs = await Promise.all(Array.from({ length: 20 }, () => host.startWorkflow("guarded", {})));
  await turns(3);
  equal(most, 3);
  open();
  await Promise.all(runs.map((run) => run.result()));
  equal(most, 3);
});
