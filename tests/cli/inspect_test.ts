import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { pipeline, until, workshop } from "./wfe.ts";

const steps = {
  Lint: "echo clean",
  Build: `echo "##wfe[output size=3]"; echo trying; test -e fixed`,
  Ship: "true",
};

/** A folder with a complete run `done-1` and a failed run `fail-1`. */
async function twoRuns() {
  const shop = workshop({ "a.yaml": pipeline(steps), fixed: "" });
  await shop.wfe("run", "a.yaml", "--run-id", "done-1");
  Deno.removeSync(`${shop.folder}/fixed`);
  await shop.wfe("run", "a.yaml", "--run-id", "fail-1");
  return shop;
}

Deno.test("wfe runs lists the runs, newest first", async () => {
  using shop = await twoRuns();
  const { code, stdout } = await shop.wfe("runs");
  equal(code, 0);
  const [head, ...rows] = stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  deepEqual(head, ["RUN", "WORKFLOW", "STATUS", "STARTED", "TOOK"]);
  deepEqual(rows.map((row) => row.slice(0, 3)), [
    ["fail-1", "pipeline 1", "Failed"],
    ["done-1", "pipeline 1", "Complete"],
  ]);
});

Deno.test("wfe runs --output json prints one run a line", async () => {
  using shop = await twoRuns();
  const [failed, complete] = (await shop.wfe("runs", "--output", "json")).stdout.trimEnd().split("\n");
  const { runId, status, definition, pid, startedAt, endedAt } = JSON.parse(failed!);
  deepEqual({ runId, status, definition, pid }, {
    runId: "fail-1",
    status: "Failed",
    definition: { id: "pipeline", version: 1 },
    pid: null,
  });
  equal(new Date(startedAt).toISOString(), startedAt);
  equal(new Date(endedAt).toISOString(), endedAt);
  equal(JSON.parse(complete!).runId, "done-1");
});

Deno.test("wfe runs says so when there are none, and makes no database", async () => {
  using shop = workshop();
  const { code, stdout, stderr } = await shop.wfe("runs");
  deepEqual([code, stdout], [0, ""]);
  match(stderr, /There are no runs/);
  deepEqual([...Deno.readDirSync(shop.folder)], []);
});

Deno.test("wfe show --output json prints the run and its steps, those to come as Pending", async () => {
  using shop = await twoRuns();
  const { code, stdout } = await shop.wfe("show", "fail-1", "--output", "json");
  equal(code, 0);
  const record = JSON.parse(stdout);
  deepEqual(Object.keys(record), ["runId", "status", "definition", "steps"]);
  deepEqual(record.definition, { id: "pipeline", version: 1 });
  const [lint, build, ship, ...rest] = record.steps;
  deepEqual(rest, []);
  const keys = ["name", "status", "attempt", "startedAt", "endedAt", "output", "error"];
  deepEqual(Object.keys(lint), keys);
  deepEqual([lint.status, lint.attempt, lint.error], ["Complete", 1, null]);
  deepEqual([build.status, build.attempt], ["Failed", 1]);
  deepEqual(Object.keys(build.error), ["type", "message", "code"]);
  const pending = {
    name: "Ship",
    status: "Pending",
    attempt: 0,
    startedAt: null,
    endedAt: null,
    output: null,
    error: null,
  };
  deepEqual(ship, pending);
  equal(new Date(lint.startedAt).toISOString(), lint.startedAt);
  const complete = JSON.parse((await shop.wfe("show", "done-1", "--output", "json")).stdout);
  deepEqual(complete.steps[1].output, { size: "3" });
});

Deno.test("wfe run and, meanwhile, wfe show tell what a step says of how far it is", async () => {
  using shop = workshop({
    "a.yaml": pipeline({ Send: `echo "##wfe[status 10 of 500]"; while ! test -e go; do sleep 0.05; done` }),
  });
  const { finished } = shop.start(["run", "a.yaml", "--run-id", "r"]);
  const note = async () => {
    const { stdout } = await shop.wfe("show", "r", "--output", "json");
    return stdout === "" ? undefined : JSON.parse(stdout).steps[0].note;
  };
  await until(async () => await note() !== undefined, "the note");
  equal(await note(), "10 of 500");
  match((await shop.wfe("show", "r")).stdout, /^Send +Running +1 +\S+ \S+ +\S+ +10 of 500$/m);
  shop.write("go", "");
  match((await finished).stdout, /^Send · 10 of 500$/m);
  equal(await note(), undefined);
  doesNotMatch((await shop.wfe("show", "r")).stdout, /10 of 500/);
});

Deno.test("wfe show takes the first characters of an id", async () => {
  using shop = await twoRuns();
  const { code, stdout } = await shop.wfe("show", "fail");
  equal(code, 0);
  match(stdout, /^pipeline 1 · run fail-1 · Failed\n/);
  match(stdout, /^Build +Failed +1 /m);
  match(stdout, /^Ship +Pending$/m);
  match(stdout, /\nStep Build, attempt 1:\n/);
});

Deno.test("wfe logs prints what all steps printed, in all attempts, under headers", async () => {
  using shop = await twoRuns();
  shop.write("fixed", "");
  equal((await shop.wfe("resume", "fail-1")).code, 0);
  const { stdout } = await shop.wfe("logs", "fail-1");
  const headers = stdout.split("\n").filter((line) => line.startsWith("──"));
  deepEqual(headers, ["── Lint, attempt 1 ──", "── Build, attempt 1 ──", "── Build, attempt 2 ──"]);
});

Deno.test("wfe logs RUN-ID STEP prints the lines of one step as they were", async () => {
  using shop = workshop({
    "a.yaml": pipeline({ Lint: "echo no", Build: `printf 'a\\tb\\n\\033[31mred\\n'` }),
  });
  await shop.wfe("run", "a.yaml", "--run-id", "r");
  equal((await shop.wfe("logs", "r", "Build")).stdout, "a\tb\n\x1b[31mred\n");
  const lines = (await shop.wfe("logs", "r", "Build", "--output", "json")).stdout.trimEnd().split("\n");
  deepEqual(lines.map((line) => JSON.parse(line).text), ["a\tb", "\x1b[31mred"]);
});

Deno.test("wfe run and wfe logs show the level of what a script logs, in the order in which it did", async () => {
  const yaml = `workflow:
  id: levels
  version: 1
  steps:
    - name: Script
      type: deno
      config:
        script: |
          console.log("plain"); console.debug("d"); console.info("i\\nj"); console.warn("w"); console.error("e");
          Wfe.log("last");
`;
  using shop = workshop({ "a.yaml": yaml });
  const told = ["plain", "[debug] d", "[info] i", "[info] j", "[warn] w", "[error] e", "last"];
  const { stdout } = await shop.wfe("run", "a.yaml", "--run-id", "r");
  deepEqual(stdout.match(/(?<=^Script \| ).*/gm), told);
  deepEqual((await shop.wfe("logs", "r")).stdout.trimEnd().split("\n"), told);
  const lines = (await shop.wfe("logs", "r", "--output", "json")).stdout.trimEnd().split("\n");
  deepEqual(lines.map((line) => JSON.parse(line).stream), [
    "stdout",
    "debug",
    "info",
    "info",
    "warn",
    "error",
    "stdout",
  ]);
});

Deno.test("wfe logs exits 2 for a step that the run does not have, with a suggestion", async () => {
  using shop = await twoRuns();
  const { code, stderr } = await shop.wfe("logs", "done-1", "Buidl");
  equal(code, 2);
  match(stderr, /Did you mean "Build"\?/);
});

Deno.test("wfe show, logs and resume exit 3 for a run that does not exist", async () => {
  using shop = workshop({ "a.yaml": pipeline({ A: "true" }) });
  for (const withDatabase of [false, true]) {
    if (withDatabase) await shop.wfe("run", "a.yaml");
    for (const command of ["show", "logs", "resume"]) {
      const { code, stdout, stderr } = await shop.wfe(command, "nosuch");
      deepEqual([code, stdout], [3, ""]);
      match(stderr, /Cannot find a run with id "nosuch"/);
    }
  }
});
