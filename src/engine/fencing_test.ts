/** What a host hears of runs that others have changed, and what it does not begin any more. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { WorkflowEndedError } from "./errors.ts";
import { WorkflowHostBuilder } from "./host_builder.ts";
import { door, soon, startHost, startHostWith, turns, untilAborted } from "./testing_host.ts";

for (
  const [what, hostile] of Object.entries({
    "whose then throws": () => ({
      then() {
        throw new Error("no");
      },
    }),
    "whose then cannot be read": () => ({
      get then(): never {
        throw new Error("no");
      },
    }),
    "that is a revoked proxy": () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  })
) {
  Deno.test(`a body that returns a thing ${what} fails its step, and harms no other run`, async () => {
    await using store = new MemoryPersistence();
    const odd = new WorkflowBuilder().startWith(() => hostile() as never).name("Odd")
      .onError(ErrorBehavior.fail()).build("odd", 1);
    const plain = new WorkflowBuilder().startWith(() => "done").name("Plain").build("plain", 1);
    await using host = await startHostWith(
      { persistence: store, limits: { steps: 1, stepsOfRun: 1, runs: 100 } },
      odd,
      plain,
    );
    const runs = [];
    for (const id of ["plain", "odd", "plain", "odd", "plain"]) runs.push(await host.startWorkflow(id));
    const ends = await Promise.all(runs.map((run) => soon(run.atRest())));
    deepEqual(ends.map(({ status }) => status), ["Complete", "Failed", "Complete", "Failed", "Complete"]);
  });
}

Deno.test("what waits for its turn does not begin once the run is suspended, and begins when it is resumed", async () => {
  await using store = new MemoryPersistence();
  const { reached, open, pass } = door();
  const begun: unknown[] = [];
  const definition = new WorkflowBuilder().forEach(() => [0, 1, 2, 3], (b) =>
    b.then(async (ctx) => {
      begun.push(ctx.item);
      await pass(ctx);
    }).name("Each")).name("All").build("each", 1);
  await using host = await startHostWith({
    persistence: store,
    limits: { steps: 1, stepsOfRun: 1, runs: 100 },
  }, definition);
  const run = await host.startWorkflow("each");
  await reached;
  await host.suspendWorkflow(run.id);
  while ((await store.get(run.id))!.status !== "Suspended") await turns(1);
  open();
  await turns(50);
  deepEqual(begun, [0]);
  await host.resumeWorkflow(run.id);
  await soon(run.result());
  deepEqual(begun, [0, 1, 2, 3]);
});

Deno.test("a host hears that another has terminated its run: the signal aborts, who waits is told", async () => {
  await using store = new MemoryPersistence();
  const { reached, pass } = door();
  const definition = new WorkflowBuilder().startWith((ctx) => {
    void pass(ctx);
    return untilAborted(ctx);
  }).name("One").build("one", 1);
  const real = await startHostWith({ persistence: store, leaseTtl: 1_000 }, definition);
  const run = await real.startWorkflow("one");
  const ctx = await reached;
  const other = new WorkflowHostBuilder().usePersistence(store).build();
  await other.terminateWorkflow(run.id, "enough");
  await rejects(run.result({ signal: AbortSignal.timeout(8_000) }), WorkflowEndedError);
  equal(ctx.signal.aborted, true);
  await real.stop({ grace: 0 });
});

Deno.test("a long step hears of a cancel from another host that nothing tells its own of", async () => {
  await using store = new MemoryPersistence();
  const { reached, pass } = door();
  const definition = new WorkflowBuilder().startWith((ctx) => {
    void pass(ctx);
    return untilAborted(ctx);
  }).name("One").build("one", 1);
  await using real = await startHostWith({ persistence: store, leaseTtl: 200 }, definition);
  const run = await real.startWorkflow("one");
  await reached;
  const other = new WorkflowHostBuilder().usePersistence(store).build();
  await other.cancelWorkflow(run.id, "enough");
  await rejects(soon(run.result()), (error: WorkflowEndedError) => error.status === "Cancelled");
});

Deno.test("complete middleware that does not return is not waited for longer than ten seconds", async () => {
  const clock = new VirtualClock();
  await using store = new MemoryPersistence({ clock });
  const definition = new WorkflowBuilder().startWith(() => "done").name("One").build("one", 1);
  const said = console.error;
  console.error = () => {};
  try {
    const host = new WorkflowHostBuilder().usePersistence(store).useClock(clock)
      .useMiddleware({ complete: () => new Promise<void>(() => {}) }).build();
    host.registerWorkflow(definition);
    await host.start();
    const run = await host.startWorkflow("one");
    await clock.until(run.result(), { within: "20s" });
    await clock.until(host.stop(), { within: "40s" });
  } finally {
    console.error = said;
  }
});

Deno.test("timers fire however long runs go on without waiting for anything, over a store in memory", async () => {
  await using store = new MemoryPersistence();
  const definition = new WorkflowBuilder().whileDo(
    () => true,
    (b) => b.ifDo(() => false, (b) => b.then(() => {})),
  )
    .name("Endless").build("endless", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("endless");
  await new Promise((resolve) => setTimeout(resolve, 20));
  await host.terminateWorkflow(run.id);
  await rejects(soon(run.result()), WorkflowEndedError);
});
