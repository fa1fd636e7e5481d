import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { WorkflowBuilder } from "../../src/definition/builder.ts";
import { ErrorBehavior } from "../../src/definition/error_behavior.ts";
import { WorkflowHostBuilder } from "../../src/engine/host_builder.ts";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";
import { runWfe, workflowFile } from "../testing_wfe.ts";

/** A database with these runs, by reference, of a workflow `parcel`; the last one was refused. */
async function withRuns(...references: readonly string[]) {
  const folder = Deno.makeTempDirSync({ prefix: "wfe-search-" });
  const path = `${folder}/a.db`;
  const parcel = new WorkflowBuilder<{ fails?: boolean }>().startWith((ctx) => {
    if (ctx.data.fails) throw new RangeError("no room left");
  }).name("Load truck").onError(ErrorBehavior.fail()).build("parcel", 1);
  {
    await using persistence = await SqliteProvider.open(path, { durability: "process" });
    await using host = new WorkflowHostBuilder({ persistence }).build();
    host.registerWorkflow(parcel);
    await host.start();
    for (const [index, reference] of references.entries()) {
      const fails = index === references.length - 1;
      const run = await host.startWorkflow("parcel", { fails }, { runId: `run-${index}`, reference });
      await run.atRest();
    }
  }
  const search = async (...args: string[]) => {
    const { code, stdout } = await runWfe("search", ...args, "--output", "json", "--db", path);
    equal(code, 0);
    return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  };
  return { path, search, [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
}

Deno.test("wfe search finds runs by words of their references, steps and errors, and by filters", async () => {
  using shop = await withRuns("red shoes", "red hat", "blue hat");
  const found = async (...args: string[]) => (await shop.search(...args)).map(({ runId }) => runId);
  deepEqual(await found("red"), ["run-1", "run-0"]);
  deepEqual(await found("HAT", "red"), ["run-1"]);
  deepEqual(await found("room", "rangeerror"), ["run-2"]);
  deepEqual(await found("load", "--status", "Complete"), ["run-1", "run-0"]);
  deepEqual(await found("--workflow", "other"), []);
  deepEqual(await found("--reference", "blue hat"), ["run-2"]);
  deepEqual(await found("--from", "2020-01-01", "--take", "1", "--skip", "1"), ["run-1"]);
  deepEqual(await found("--before", "2020-01-01"), []);
});

Deno.test("wfe search shows a table, how many there are, and how to go on", async () => {
  using shop = await withRuns("red shoes", "red hat");
  const { code, stdout, stderr } = await runWfe("search", "red", "--take", "1", "--db", shop.path);
  equal(code, 0);
  const rows = stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  deepEqual(rows.map(([id, workflow, status, , reference]) => [id, workflow, status, reference]), [
    ["RUN", "WORKFLOW", "STATUS", "REFERENCE"],
    ["run-1", "parcel 1", "Failed", "red hat"],
  ]);
  equal(stderr, "1 of 2 runs; go on with --skip 1\n");
  equal((await runWfe("search", "green", "--db", shop.path)).stderr, "No run was found\n");
});

Deno.test("wfe reindex makes the index anew", async () => {
  using shop = await withRuns("red", "blue");
  await shop.search("red");
  const { code, stdout } = await runWfe("reindex", "--db", shop.path);
  deepEqual([code, stdout], [0, "Runs indexed: 2; purged runs taken out: 0\n"]);
  equal((await shop.search("")).length, 2);
});

Deno.test("wfe search refuses what it cannot read, and makes no database", async () => {
  for (const option of [["--take", "0"], ["--skip", "-1"], ["--from", "soon"], ["--status", "Lost"]]) {
    const { code, stderr } = await runWfe("search", ...option);
    equal(code, 2);
    match(stderr, /^error: option/);
    doesNotMatch(stderr, / at /);
  }
  const folder = Deno.makeTempDirSync({ prefix: "wfe-search-" });
  const missing = `${folder}/none.db`;
  match((await runWfe("search", "x", "--db", missing)).stderr, /There are no runs/);
  match((await runWfe("reindex", "--db", missing)).stderr, /There are no runs/);
  deepEqual([...Deno.readDirSync(folder)], []);
  Deno.removeSync(folder);
});

Deno.test("wfe show and search tell what a run is found by", async () => {
  using file = workflowFile(`
workflow:
  id: order
  version: 1
  attributes: { customer: "\${{ var.customer }}", tags: [red, blue], rush: true }
  steps:
    - name: Greet
      config: { run: echo hello }
`);
  const db = `${file.folder}/a.db`;
  const run = ["run", file.path, "--db", db, "--run-id", "first", "--var", "customer=ACME"];
  equal((await runWfe(...run)).code, 0);
  match(
    (await runWfe("show", "first", "--db", db)).stdout,
    /\ncustomer: ACME\nrush: true\ntags: red, blue\n/,
  );
  const attributes = { customer: "ACME", rush: true, tags: ["red", "blue"] };
  for (const command of [["show", "first"], ["search", "acme"]]) {
    const { stdout } = await runWfe(...command, "--db", db, "--output", "json");
    deepEqual(JSON.parse(stdout).attributes, attributes);
  }
  const found = async (...filters: readonly string[]) => {
    const options = filters.flatMap((filter) => ["--attribute", filter]);
    return (await runWfe("search", "--db", db, ...options)).stderr;
  };
  equal(await found("customer=ACME", "rush=true", "tags=red"), "1 run\n");
  for (const other of ["customer=acme", 'rush="true"', "rush=1"]) {
    equal(await found(other), "No run was found\n");
  }
});
