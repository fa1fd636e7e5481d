import { deepEqual, equal, match, ok } from "node:assert/strict";
import { pipeline, wfeArguments, workshop } from "./wfe.ts";

const twoSteps = pipeline({ Lint: "echo checking", Build: "echo building; echo aside >&2" });

Deno.test("wfe run exits 0 when the run is complete, and prints plain lines where there is no terminal", async () => {
  using shop = workshop({ "a.yaml": twoSteps });
  const { code, stdout, stderr } = await shop.wfe("run", "a.yaml", "--run-id", "first");
  equal(code, 0, stderr);
  equal(stderr, "");
  equal(stdout.includes("\x1b"), false, "an escape sequence without a terminal");
  const lines = stdout.split("\n");
  ok(lines.includes("pipeline 1 · run first"));
  ok(lines.includes("▶ Lint"));
  ok(lines.includes("Lint | checking"));
  ok(lines.includes("Build | building"));
  ok(lines.includes("Build | aside"));
  match(stdout, /^✓ Lint [\d.]+m?s$/m);
  match(stdout, /\n\n✓ pipeline complete in \S+ · run first\n$/);
});

Deno.test("wfe run keeps runs in .wfe/wfe.db, with a .gitignore beside it", async () => {
  using shop = workshop({ "a.yaml": twoSteps });
  equal((await shop.wfe("run", "a.yaml")).code, 0);
  equal(shop.read(".wfe/.gitignore"), "*\n");
  ok(Deno.statSync(`${shop.folder}/.wfe/wfe.db`).isFile);
});

Deno.test("wfe run --db keeps runs elsewhere and adds no .gitignore there", async () => {
  using shop = workshop({ "a.yaml": twoSteps });
  equal((await shop.wfe("run", "a.yaml", "--db", "deep/er/runs.db")).code, 0);
  deepEqual([shop.read("deep/er/.gitignore"), shop.read(".wfe/.gitignore")], ["", ""]);
  match((await shop.wfe("runs", "--db", "deep/er/runs.db")).stdout, /pipeline 1 +Complete/);
  match((await shop.start(["runs"], { WFE_DB: "deep/er/runs.db" }).finished).stdout, /pipeline 1 +Complete/);
});

Deno.test("wfe run exits 1 when a step fails, its error and the command that continues last", async () => {
  using shop = workshop({ "a.yaml": pipeline({ Lint: "echo fine", Build: "echo broken >&2; exit 3" }) });
  const { code, stdout } = await shop.wfe("run", "a.yaml", "--run-id", "bad", "--db", "it's.db");
  equal(code, 1);
  const [head, ...end] = stdout.slice(stdout.indexOf("\n\n") + 2).split("\n");
  match(head!, /^✗ pipeline failed after \S+ · run bad$/);
  match(end.join("\n"), /^\nStep Build, attempt 1:\n {2}.*3[\s\S]*broken/);
  equal(end.at(-2), `Continue with: wfe resume bad --db 'it'\\''s.db'`);
});

Deno.test("wfe run --output json prints one JSON object a line and nothing else, the run last", async () => {
  using shop = workshop({ "a.yaml": pipeline({ Lint: `echo checking; echo "##wfe[output version=007]"` }) });
  const { code, stdout } = await shop.wfe(
    "run",
    "a.yaml",
    "--run-id",
    "j",
    "--data",
    '{"a": [1]}',
    "--output",
    "json",
  );
  equal(code, 0);
  const objects = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  deepEqual(
    objects.filter(({ type }) => type !== "log").map(({ type }) => type),
    ["WorkflowStarted", "StepStarted", "StepCompleted", "WorkflowCompleted", "run"],
  );
  const { step, attempt, stream, text, runId } = objects.find(({ type }) => type === "log");
  deepEqual({ step, attempt, stream, text, runId }, {
    step: "Lint",
    attempt: 1,
    stream: "stdout",
    text: "checking",
    runId: "j",
  });
  deepEqual(objects.at(-1), {
    type: "run",
    runId: "j",
    status: "Complete",
    data: { a: [1], version: "007" },
  });
});

Deno.test("wfe run hands --var and --data to the steps", async () => {
  using shop = workshop({
    "a.yaml": pipeline({ Greet: "echo ${{ var.greeting }} ${{ data.name }}" }),
    "data.json": '{"name": "Ada & Bob"}',
  });
  const { code, stdout, stderr } = await shop.wfe(
    "run",
    "a.yaml",
    "--var",
    "greeting=a=b $(x)",
    "--data",
    "@data.json",
  );
  equal(code, 0, stderr);
  match(stdout, /^Greet \| a=b \$\(x\) Ada & Bob$/m);
});

Deno.test("wfe run exits 2 for a run id that exists, and names wfe resume", async () => {
  using shop = workshop({ "a.yaml": twoSteps });
  await shop.wfe("run", "a.yaml", "--run-id", "same");
  const { code, stderr } = await shop.wfe("run", "a.yaml", "--run-id", "same");
  equal(code, 2);
  match(stderr, /run with id "same": it exists already; continue it with: wfe resume same\n$/);
});

Deno.test("wfe exits 2 where a permission is missing, and names the flag", async () => {
  using shop = workshop({ "a.yaml": twoSteps });
  const cases: readonly [flag: RegExp, message: RegExp][] = [
    [/^--allow-write/, /--allow-write/],
    [/^--allow-read/, /--allow-read/],
  ];
  for (const [flag, message] of cases) {
    const args = [...wfeArguments.filter((word) => !flag.test(word)), "run", "a.yaml"];
    const { code, stdout, stderr } = await new Deno.Command("deno", { args, cwd: shop.folder }).output();
    const text = new TextDecoder().decode(stderr);
    deepEqual([code, stdout.length], [2, 0], text);
    match(text, /^error: A permission is missing: /);
    match(text, message);
  }
});

Deno.test("wfe runs without any access to the environment", async () => {
  using shop = workshop({ "a.yaml": twoSteps });
  const args = wfeArguments.map((word) =>
    word.startsWith("--allow-env") ? "--deny-env=TERM,NO_COLOR,WFE_DB" : word
  );
  const { code, stderr } = await new Deno.Command("deno", {
    args: [...args, "run", "a.yaml"],
    cwd: shop.folder,
  }).output();
  equal(code, 0, new TextDecoder().decode(stderr));
});
