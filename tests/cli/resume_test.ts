import { deepEqual, equal, match } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { isWithin } from "../crash/kill_loop/wait.ts";
import { isAlive, pipeline, until, type Workshop, workshop } from "./wfe.ts";

/** Lets the leases of hosts, dead or not, last for ever. */
function prolongLeases({ folder }: Workshop): void {
  using database = new DatabaseSync(`${folder}/.wfe/wfe.db`);
  database.exec(`UPDATE wfe_host SET expires_at = ${Number.MAX_SAFE_INTEGER}`);
}

/** The second step waits for a file, so that the test can catch it at work. */
const waiting = pipeline({
  First: "echo first >> effects",
  Second: "echo $$ > pid; echo second >> effects; while ! test -e go; do sleep 0.05; done",
  Third: "echo third >> effects",
});

Deno.test("wfe resume completes a run at once after kill -9, and runs no recorded step again", async () => {
  using shop = workshop({ "a.yaml": waiting });
  const { process, finished } = shop.start(["run", "a.yaml", "--run-id", "killed"]);
  await until(() => shop.read("effects").includes("second"), "the second step");
  process.kill("SIGKILL");
  await finished;
  match((await shop.wfe("runs")).stdout, /killed +pipeline 1 +interrupted/);
  shop.write("go", "");
  // Nobody would wait for as long as this.
  prolongLeases(shop);
  const resuming = shop.start(["resume"]);
  if (!await isWithin(60_000, resuming.process.status)) resuming.process.kill("SIGKILL");
  const { code, stdout, stderr } = await resuming.finished;
  equal(code, 0, stderr);
  match(stdout, /✓ First recorded before/);
  equal(shop.read("effects"), "first\nsecond\nsecond\nthird\n");
  const { steps } = JSON.parse((await shop.wfe("show", "killed", "--output", "json")).stdout);
  deepEqual(steps.map((step: { attempt: number }) => step.attempt), [1, 2, 1]);
});

Deno.test("wfe resume and wfe run exit 2 for a run that is live elsewhere, and name the process", async () => {
  using shop = workshop({ "a.yaml": waiting });
  const { process, finished } = shop.start(["run", "a.yaml", "--run-id", "live"]);
  await until(() => shop.read("pid") !== "", "the second step");
  for (const args of [["resume", "live"], ["resume"], ["run", "a.yaml", "--run-id", "live"]]) {
    const { code, stderr } = await shop.wfe(...args);
    equal(code, 2, args.join(" "));
    match(stderr, new RegExp(`running now, in process ${process.pid}`));
  }
  match(
    (await shop.wfe("runs")).stdout,
    new RegExp(`live +pipeline 1 +running \\(process ${process.pid}\\)`),
  );
  shop.write("go", "");
  equal((await finished).code, 0);
  equal(await isAlive(shop.read("pid")), false);
});

Deno.test("wfe resume without an id passes over a run that is live elsewhere", async () => {
  using shop = workshop({ "a.yaml": waiting, "b.yaml": pipeline({ Check: "test -e go" }) });
  await shop.wfe("run", "b.yaml", "--run-id", "failed");
  const { finished } = shop.start(["run", "a.yaml", "--run-id", "live"]);
  await until(() => shop.read("pid") !== "", "the second step");
  const { code, stdout } = await shop.wfe("resume");
  equal(code, 1);
  match(stdout, /run failed\n/);
  shop.write("go", "");
  equal((await finished).code, 0);
});

Deno.test("wfe resume retries a failed run from its failed step", async () => {
  using shop = workshop({ "a.yaml": pipeline({ First: "echo first >> effects", Second: "test -e go" }) });
  equal((await shop.wfe("run", "a.yaml", "--run-id", "failed")).code, 1);
  equal((await shop.wfe("resume", "failed")).code, 1);
  shop.write("go", "");
  const { code, stdout } = await shop.wfe("resume", "failed", "--output", "json");
  equal(code, 0);
  const objects = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  equal(objects[0].type, "WorkflowRetried");
  deepEqual(objects.at(-1), { type: "run", runId: "failed", status: "Complete", data: {} });
  equal(shop.read("effects"), "first\n");
});

Deno.test("wfe resume needs neither the file nor the variables again", async () => {
  using shop = workshop({ "a.yaml": pipeline({ Greet: "test -e go; echo ${{ var.name }}" }) });
  equal((await shop.wfe("run", "a.yaml", "--var", "name=Ada")).code, 1);
  Deno.removeSync(`${shop.folder}/a.yaml`);
  shop.write("go", "");
  const { code, stdout } = await shop.wfe("resume");
  equal(code, 0);
  match(stdout, /^Greet \| Ada$/m);
});

Deno.test("wfe resume runs the text that the step's file had when the run began", async () => {
  using shop = workshop();
  Deno.mkdirSync(`${shop.folder}/ci`);
  shop.write("ci/greet.sh", 'test -e go; echo "first, $WHO"\n');
  const step = "    - name: Greet\n      config: { file: ./greet.sh, env: { WHO: '${{ var.who }}' } }\n";
  shop.write("ci/a.yaml", `workflow:\n  id: pipeline\n  version: 1\n  steps:\n${step}`);
  equal((await shop.wfe("run", "ci/a.yaml", "--var", "who=Ada", "--run-id", "old")).code, 1);
  shop.write("ci/greet.sh", "echo second\n");
  shop.write("go", "");
  const resumed = await shop.wfe("resume", "old");
  equal(resumed.code, 0, resumed.stderr);
  match(resumed.stdout, /^Greet \| first, Ada$/m);
  const { stdout } = await shop.wfe("run", "ci/a.yaml", "--var", "who=Ada");
  match(stdout, /^Greet \| second$/m);
});

Deno.test("wfe exits 4 for a run that suspends, and wfe resume lets it go on", async () => {
  const suspending = pipeline({ Check: "test -e go" }, "  on_error: suspend");
  using shop = workshop({ "a.yaml": suspending });
  const first = await shop.wfe("run", "a.yaml", "--run-id", "held");
  equal(first.code, 4, first.stderr);
  match(first.stdout, /pipeline suspended after/);
  equal((await shop.wfe("resume", "held")).code, 4);
  shop.write("go", "");
  equal((await shop.wfe("resume")).code, 0);
});

Deno.test("wfe resume without an id takes the newest run that can go on", async () => {
  using shop = workshop({
    "a.yaml": pipeline({ Check: "test -e go" }),
    "b.yaml": pipeline({ Fine: "true" }),
  });
  await shop.wfe("run", "a.yaml", "--run-id", "older");
  await shop.wfe("run", "a.yaml", "--run-id", "newer");
  await shop.wfe("run", "b.yaml", "--run-id", "complete");
  shop.write("go", "");
  match((await shop.wfe("resume")).stdout, /run newer\n/);
  match((await shop.wfe("resume")).stdout, /run older\n/);
  const { code, stderr } = await shop.wfe("resume");
  equal(code, 3);
  match(stderr, /There is no run to resume/);
});

Deno.test("wfe resume of a complete run says so and exits 0", async () => {
  using shop = workshop({ "a.yaml": pipeline({ Fine: "true" }) });
  await shop.wfe("run", "a.yaml", "--run-id", "complete");
  const human = await shop.wfe("resume", "complete");
  deepEqual([human.code, human.stdout], [0, "Run complete is complete: there is nothing to resume\n"]);
  const json = await shop.wfe("resume", "complete", "--output", "json");
  deepEqual(JSON.parse(json.stdout), { type: "run", runId: "complete", status: "Complete", data: {} });
});

Deno.test("wfe resume exits 3 where there is nothing to resume", async () => {
  using shop = workshop();
  const { code, stderr } = await shop.wfe("resume");
  equal(code, 3);
  match(stderr, /There is no run to resume/);
});
