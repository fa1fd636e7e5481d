import assert from "node:assert/strict";
import { WorkflowBuilder, type WorkflowHost, WorkflowHostBuilder } from "../../mod.ts";
import { PostgresProvider } from "./persistence.ts";
import { SharedSchema, testPostgres, testUrl } from "./testing_postgres.ts";

const schema = new SharedSchema();

interface Counted {
  readonly key: string;
  readonly got: readonly number[];
}

/** Takes events that all runs wait for, and others of its own, and tells the next run. */
const busy = new WorkflowBuilder<Counted>()
  .whileDo((data) => data.got.length < 5, (body) =>
    body.waitFor("all", "").name("For all")
      .waitFor("own", (data) => data.key).name("Own")
      .then(async (ctx) => {
        ctx.set({ got: [...ctx.data.got, Number(await ctx.output("For all"))] });
        ctx.publish("told", ctx.data.key, null);
      }).name("Take"))
  .name("Loop").build("busy", 1);

testPostgres(
  "hosts that share runs, events and keys hinder one another nowhere: every event arrives once, in order",
  async () => {
    const runs = 40;
    await using open = new AsyncDisposableStack();
    const hosts: WorkflowHost[] = [];
    for (let n = 0; n < 3; n++) {
      const store = open.use(
        await PostgresProvider.open(testUrl, { schema: schema.name, maxConnections: 4 }),
      );
      const host = open.use(new WorkflowHostBuilder().usePersistence(store).build());
      host.registerWorkflow(busy);
      await host.start();
      hosts.push(host);
    }
    const of = (n: number): WorkflowHost => hosts[n % hosts.length]!;
    const handles = await Promise.all(
      Array.from({ length: runs }, (_, n) => of(n).startWorkflow<Counted>("busy", { key: `${n}`, got: [] })),
    );
    for (let event = 0; event < 5; event++) {
      await Promise.all([
        of(event).publishEvent("all", "", event),
        ...Array.from({ length: runs }, (_, n) => of(n + event).publishEvent("own", `${n}`, event)),
      ]);
    }
    const results = await Promise.all(handles.map((handle) => handle.result()));
    assert.deepEqual(results.map(({ got }) => got), results.map(() => [0, 1, 2, 3, 4]));
  },
);
