import { deepEqual, equal, match, ok } from "node:assert/strict";
import { dropSchema, newSchema, testPostgres, testUrl } from "../../providers/postgres/testing_postgres.ts";
import { isAlive, keepInterrupting, pipeline, type Running, until, type Workshop, workshop } from "./wfe.ts";

const engine = import.meta.resolve("../../mod.ts");

/** A workflow of code whose step ends once there is a file `go`. */
const app = `
  import { WorkflowBuilder } from "${engine}";
  export const greet = new WorkflowBuilder()
    .startWith(() => ({ hello: "world" })).name("Greet")
    .build("greet", 2);
  export const helper = () => {};`;

/** A program of somebody else that starts a run of it and leaves. */
const starter = (database: string): string => `
  import { WorkflowHostBuilder } from "${engine}";
  import { SqliteProvider } from "${import.meta.resolve("../../providers/sqlite/mod.ts")}";
  import { greet } from "./app.ts";
  await using store = await SqliteProvider.open(${JSON.stringify(database)});
  const host = new WorkflowHostBuilder().usePersistence(store).build();
  host.registerWorkflow(greet);
  console.log((await host.startWorkflow("greet", {})).id);`;

/** A step that says that it is there, and ends once it may. */
const patient = pipeline({
  First: "echo $$ > child; until test -e go; do sleep 0.05; done; echo first >> effects",
  Second: "echo second >> effects",
});

async function startWorker(shop: Workshop, ...args: string[]): Promise<Running> {
  const worker = shop.start(["worker", ...args]);
  await until(() => worker.printed().includes("ready: "), "the worker");
  return worker;
}

Deno.test("wfe worker runs what others have started: workflow files, and the workflows of its module", async () => {
  using shop = workshop({
    "a.yaml": pipeline({ One: "echo one >> effects" }),
    "app.ts": app,
    "start.ts": starter(".wfe/wfe.db"),
  });
  const worker = await startWorker(shop, "--module", "app.ts");
  const { code, stdout } = await shop.wfe("run", "a.yaml", "--detach", "--run-id", "left");
  deepEqual([code, stdout], [0, "left\n"]);
  const { stdout: id } = await new Deno.Command("deno", {
    args: ["run", "-A", `--config=${new URL("../../deno.json", import.meta.url).pathname}`, "start.ts"],
    cwd: shop.folder,
  }).output();
  const greeting = new TextDecoder().decode(id).trim();
  await until(() => worker.printed().includes(`✓ pipeline complete · run left\n`), "the run of the file");
  await until(
    () => worker.printed().includes(`✓ greet complete · run ${greeting}\n`),
    "the run of the module",
  );
  worker.process.kill("SIGTERM");
  const finished = await worker.finished;
  deepEqual([finished.code, finished.stderr], [0, ""]);
  const lines = finished.stdout.split("\n");
  match(lines[0]!, /^ready: process \d+ runs greet 2, and workflow files of \.wfe\/wfe\.db$/);
  ok(lines.includes(`▶ pipeline started · run left`), finished.stdout);
  match(finished.stdout, /\nstopping: .*\nstopped\n$/);
  equal(shop.read("effects"), "one\n");
});

Deno.test("a first Ctrl-C lets a worker's running steps end, and leaves the rest to another worker", async () => {
  using shop = workshop({ "a.yaml": patient });
  const first = await startWorker(shop);
  equal((await shop.wfe("run", "a.yaml", "--detach", "--run-id", "shared")).code, 0);
  await until(() => shop.read("child") !== "", "the first step");
  first.process.kill("SIGINT");
  await until(() => first.printed().includes("stopping"), "the word");
  ok(await isAlive(shop.read("child")), "the step was cut short");
  shop.write("go", "");
  equal((await first.finished).code, 0);
  equal(shop.read("effects"), "first\n");
  const second = await startWorker(shop);
  await until(() => second.printed().includes("✓ pipeline complete"), "the run");
  match(second.printed(), /▶ pipeline goes on · run shared\n/);
  equal(shop.read("effects"), "first\nsecond\n");
  second.process.kill("SIGINT");
  equal((await second.finished).code, 0);
});

Deno.test("a second Ctrl-C ends a worker at once, with 130, and its steps with it", async () => {
  using shop = workshop({ "a.yaml": patient });
  const worker = await startWorker(shop);
  equal((await shop.wfe("run", "a.yaml", "--detach")).code, 0);
  await until(() => shop.read("child") !== "", "the step");
  equal((await keepInterrupting(worker)).code, 130);
  await until(async () => !await isAlive(shop.read("child")), "the end of the step");
});

Deno.test("wfe worker --output json prints one JSON object a line, that it is ready first", async () => {
  using shop = workshop({ "a.yaml": pipeline({ One: "exit 3" }) });
  const worker = shop.start(["worker", "--output", "json"]);
  await until(() => worker.printed().includes("\n"), "the worker");
  equal((await shop.wfe("run", "a.yaml", "--detach", "--run-id", "bad", "--output", "json")).code, 0);
  await until(() => worker.printed().includes("WorkflowFailed"), "the end of the run");
  worker.process.kill("SIGINT");
  const { code, stdout } = await worker.finished;
  equal(code, 0);
  const [ready, ...events] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  deepEqual(ready, { type: "ready", pid: worker.process.pid, database: ".wfe/wfe.db", workflows: [] });
  deepEqual(events.map(({ type, runId }) => [type, runId]), [
    ["StepStarted", "bad"],
    ["StepFailed", "bad"],
    ["WorkflowFailed", "bad"],
  ]);
});

const unusable: Readonly<Record<string, readonly [module: string, told: RegExp]>> = {
  "exports no workflow": [
    "export const one = 1;",
    /^error: app\.ts: Cannot find a workflow in the module: it exports "one"; export what \.build/,
  ],
  "exports one that is not built": [
    `import { WorkflowBuilder } from "${engine}";
    export default new WorkflowBuilder().startWith(() => {}).name("A");`,
    /^error: app\.ts, export "default": Cannot run a workflow that is not built: end it with \.build/,
  ],
  "exports one whose code is lost": [
    `${app} export const copy = [JSON.parse(JSON.stringify(greet))];`,
    /^error: app\.ts, export "copy\[0\]": Cannot run workflow "greet": the code of its step "Greet" is not known/,
  ],
  "exports two of one id and version": [
    `import { WorkflowBuilder } from "${engine}";
    export const [one, two] = ["A", "B"].map((name) =>
      new WorkflowBuilder().startWith(() => {}).name(name).build("same", 1));`,
    /^error: app\.ts, export "two": Cannot register workflow "same" version 1: .*; raise the version/,
  ],
  "throws": [
    `const early = 1;\n  throw new Error("no table");`,
    /^error: app\.ts:2:9: Cannot load the module: no table\n$/,
  ],
  "is no TypeScript": ["const = 1;", /^error: app\.ts:1:7: Cannot load the module: /],
};

for (const [what, [module, told]] of Object.entries(unusable)) {
  Deno.test(`wfe worker refuses a module that ${what}, with the place and the remedy`, async () => {
    using shop = workshop({ "app.ts": module });
    const { code, stdout, stderr } = await shop.wfe("worker", "--module", "app.ts");
    deepEqual([code, stdout], [2, ""]);
    match(stderr, told);
  });
}

Deno.test("wfe worker refuses a module that is not there", async () => {
  using shop = workshop();
  const { code, stderr } = await shop.wfe("worker", "--module", "none.ts");
  equal(code, 2);
  match(stderr, /^error: none\.ts: Cannot load the module: Module not found/);
});

testPostgres(
  "workers on PostgreSQL share the runs, and go on with those of one that was killed",
  async () => {
    using shop = workshop({ "a.yaml": patient });
    const schema = newSchema();
    const db = `${testUrl}?schema=${schema}`;
    const net = ["--allow-net=127.0.0.1:5433"];
    const begin = () => shop.start(["worker", "--db", db], {}, net);
    try {
      const first = begin();
      await until(() => first.printed().includes("ready: "), "the first worker");
      const started = shop.start(["run", "a.yaml", "--detach", "--db", db], {}, net);
      equal((await started.finished).code, 0);
      await until(() => shop.read("child") !== "", "the step");
      const child = shop.read("child");
      const second = begin();
      await until(() => second.printed().includes("ready: "), "the second worker");
      first.process.kill("SIGKILL");
      await first.finished;
      // What the killed one has begun must not see that it may end.
      await until(async () => !await isAlive(child), "the end of the killed worker's step");
      shop.write("go", "");
      await until(() => second.printed().includes("✓ pipeline complete"), "the run");
      equal(shop.read("effects"), "first\nsecond\n");
      second.process.kill("SIGTERM");
      equal((await second.finished).code, 0);
    } finally {
      await dropSchema(schema);
    }
  },
);
