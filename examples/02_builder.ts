/**
 * Three steps as classes, one with retries, on an SQLite file. Run it again after killing it in the middle: what was
 * recorded is not done again.
 *
 *     deno run --allow-read=.wfe --allow-write=.wfe examples/02_builder.ts
 *
 * @module
 */
import { ErrorBehavior, type StepContext, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";
import { SqliteProvider } from "@wfe/engine/sqlite";

interface Etl {
  readonly source: string;
  readonly rows?: readonly number[];
  readonly total?: number;
}

class FetchData {
  run(ctx: StepContext<Etl>): void {
    ctx.logger.info(`fetching ${ctx.data.source}`);
    ctx.set({ rows: [3, 1, 4, 1, 5] });
  }
}

class Transform {
  run(ctx: StepContext<Etl>): void {
    const { rows = [] } = ctx.data;
    ctx.set({ total: rows.reduce((sum, row) => sum + row, 0) });
  }
}

class Publish {
  run(ctx: StepContext<Etl>): { published: number } {
    ctx.logger.info(`publishing ${ctx.data.total}`);
    return { published: ctx.data.total ?? 0 };
  }
}

const definition = new WorkflowBuilder<Etl>()
  .startWith(FetchData).name("Fetch")
  .then(Transform).name("Transform").onError(ErrorBehavior.retry({ interval: "5s", maxRetries: 3 }))
  .then(Publish).name("Publish")
  .endWorkflow()
  .build("etl-pipeline", 1);

Deno.mkdirSync(".wfe", { recursive: true });
await using store = await SqliteProvider.open(".wfe/etl.db");
await using host = new WorkflowHostBuilder().usePersistence(store).build();
host.registerWorkflow(definition);
host.onLog(({ text }) => console.log(text));
await host.start();

const run = await host.startWorkflow<Etl>(definition.id, { source: "numbers.csv" });
const { total } = await run.result();
console.log(`run ${run.id} is complete: total ${total}`);
