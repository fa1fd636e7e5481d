/** What `wfe worker`, several of them on one PostgreSQL, do with workflows of several versions and sizes. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { PostgresProvider } from "../../providers/postgres/mod.ts";
import { dropSchema, newSchema, testPostgres, testUrl } from "../../providers/postgres/testing_postgres.ts";
import type { WorkflowDefinition } from "../../src/definition/definition.ts";
import type { WorkflowHost } from "../../src/engine/host.ts";
import { WorkflowHostBuilder } from "../../src/engine/host_builder.ts";
import { type Running, until, type Workshop, workshop } from "../cli/wfe.ts";

const engine = import.meta.resolve("../../mod.ts");

/** A folder with modules, workers over a store of its own, and a host that starts what they are to run. */
interface Scene {
  readonly shop: Workshop;
  readonly store: PostgresProvider;
  /** It is not started, so that it runs nothing itself. */
  readonly starter: WorkflowHost;
  /** A worker with a module, once it is ready. */
  readonly worker: (module: string) => Promise<Running>;
  /** The lines that steps have written, in their order. */
  readonly effects: () => readonly string[];
}

async function withWorkers(
  modules: Readonly<Record<string, string>>,
  test: (scene: Scene) => Promise<void>,
): Promise<void> {
  using shop = workshop(modules);
  const schema = newSchema();
  const workers: Running[] = [];
  try {
    await using store = await PostgresProvider.open(testUrl, { schema });
    const starter = new WorkflowHostBuilder().usePersistence(store).build();
    for (const name of Object.keys(modules)) {
      const module: { readonly workflows: readonly WorkflowDefinition[] } = await import(
        `file://${shop.folder}/${name}`
      );
      for (const definition of module.workflows) starter.registerWorkflow(definition);
    }
    const worker = async (module: string): Promise<Running> => {
      const args = ["worker", "--module", module, "--db", `${testUrl}?schema=${schema}`];
      const running = shop.start(args, {}, ["--allow-net=127.0.0.1:5433"]);
      workers.push(running);
      await until(() => running.printed().includes("ready: "), `the worker of ${module}`);
      return running;
    };
    const effects = () => shop.read("effects").split("\n").filter((line) => line !== "");
    await test({ shop, store, starter, worker, effects });
  } finally {
    for (const { process, finished } of workers) {
      try {
        process.kill("SIGKILL");
      } catch {
        // It has stopped.
      }
      await finished;
    }
    await dropSchema(schema);
  }
}

const prelude = `
  import { WorkflowBuilder } from "${engine}";
  const note = (words) => Deno.writeTextFileSync("effects", words + "\\n", { append: true, create: true });`;

/** Version `n` of an order, whose last step tells which version has run it. */
const orders = (n: number): string =>
  `${prelude}
  const order = new WorkflowBuilder()
    .startWith((ctx) => note("${n} begin " + ctx.workflow.id)).name("Begin")
    .waitFor("go", "all").name("Wait")
    .then((ctx) => note("${n} end " + ctx.workflow.id)).name("End of ${n}")
    .build("order", ${n});
  export const workflows = [order];`;

testPostgres(
  "runs end by the version that they were started with, while hosts of two versions run",
  async () => {
    const modules = { "one.ts": orders(1), "two.ts": orders(2) };
    await withWorkers(modules, async ({ store, starter, worker, effects }) => {
      const [one, _two] = [await worker("one.ts"), await worker("two.ts")];
      const runs: [version: number, id: string][] = [];
      for (let number = 0; number < 40; number++) {
        const version = 1 + number % 2;
        runs.push([version, (await starter.startWorkflow("order", {}, { version })).id]);
      }
      await until(() => effects().length === 40, "the first steps");
      one.process.kill("SIGTERM");
      equal((await one.finished).code, 0);
      await starter.publishEvent("go", "all");
      await until(() => effects().length === 60, "the runs of the version that is left");
      const ends = (version: number) => effects().filter((line) => line.startsWith(`${version} end`)).length;
      deepEqual([ends(1), ends(2)], [0, 20]);
      await worker("one.ts");
      await until(
        async () => (await store.list({ status: ["Complete"], limit: 100 })).length === 40,
        "all runs",
      );
      const expected = runs.flatMap(([version, id]) => [`${version} begin ${id}`, `${version} end ${id}`]);
      deepEqual(effects().toSorted(), expected.toSorted());
    });
  },
);

/** Branches of a run that has many, and runs that have few. */
const [branches, small] = [10_000, 100];

const crowd = `${prelude}
  const big = new WorkflowBuilder()
    .startWith(() => {}).name("Begin")
    .forEach(() => Array.from({ length: ${branches} }, (_, n) => n), (b) => b.then(() => note("big")).name("Branch"))
    .name("Branches")
    .build("big", 1);
  const small = new WorkflowBuilder()
    .startWith(() => note("small")).name("One").then(() => note("small")).name("Two")
    .then(() => note("small")).name("Three")
    .build("small", 1);
  export const workflows = [big, small];`;

const branchesOf = (lines: readonly string[]): number => lines.filter((line) => line === "big").length;

testPostgres("a run with ten thousand branches does not starve a hundred small ones", async () => {
  await withWorkers({ "crowd.ts": crowd }, async ({ store, starter, worker, effects }) => {
    await worker("crowd.ts");
    await starter.startWorkflow("big", {});
    await until(() => effects().length > 0, "the first branches");
    await Promise.all(Array.from({ length: small }, () => starter.startWorkflow("small", {})));
    const begun = branchesOf(effects());
    await until(
      async () => (await store.list({ status: ["Complete"], limit: 200 })).length > small,
      "all runs",
    );
    const lines = effects();
    equal(lines.length, branches + 3 * small);
    const before = branchesOf(lines.slice(0, lines.lastIndexOf("small")));
    console.log(`the last small run had begun and ended while ${before - begun} of ${branches} branches did`);
    ok(before - begun < branches / 2, `${before - begun} branches have ended while a small run waited`);
  });
});
