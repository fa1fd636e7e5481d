import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { startDeno } from "../processes.ts";
import { isAlive, keepInterrupting, pipeline, until, workshop } from "./wfe.ts";

/** A step with a grandchild; both write their process ids. */
const stubborn = pipeline({
  First: "echo first >> effects",
  Second: "test -e go && exit 0\nsleep 300 & echo $! > grandchild\necho $$ > child\nwait",
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} stops the step's process tree, leaves a resumable run and exits 130`, async () => {
    using shop = workshop({ "a.yaml": stubborn });
    const { process, finished } = shop.start(["run", "a.yaml", "--run-id", "cut"]);
    await until(() => shop.read("child") !== "", "the second step");
    process.kill(signal);
    const { code, stdout } = await finished;
    equal(code, 130);
    match(stdout, /^stopping… /m);
    match(stdout, /Continue with: wfe resume cut\n$/);
    deepEqual([await isAlive(shop.read("child")), await isAlive(shop.read("grandchild"))], [false, false]);

    const { status, steps } = JSON.parse((await shop.wfe("show", "cut", "--output", "json")).stdout);
    deepEqual([status, steps[1].status, steps[1].error], ["Runnable", "Pending", null]);
    shop.write("go", "");
    equal((await shop.wfe("resume", "cut")).code, 0);
    equal(shop.read("effects"), "first\n");
  });
}

Deno.test("two signals within a moment, as deno task sends them, count as one", async () => {
  using shop = workshop({ "a.yaml": stubborn });
  const { process, finished } = shop.start(["run", "a.yaml"]);
  await until(() => shop.read("child") !== "", "the second step");
  process.kill("SIGINT");
  // Another one, since the system merges two of a kind that wait together.
  process.kill("SIGTERM");
  const { code, stdout } = await finished;
  equal(code, 130);
  match(stdout, /Continue with: wfe resume /);
});

Deno.test("two signals that came together count as one, also where the program was busy meanwhile", async () => {
  const program = `
    import { onInterrupt } from "${import.meta.resolve("../../cli/signals.ts")}";
    onInterrupt(() => {
      for (const end = performance.now() + 500; performance.now() < end;);
      setTimeout(() => Deno.exit(0), 500);
    }, () => Deno.exit(1));
    setInterval(() => {}, 60_000);
    console.log("ready");`;
  using shop = workshop({ "main.ts": program });
  const child = startDeno(`${shop.folder}/main.ts`, []);
  const output = child.stdout.getReader();
  await output.read();
  child.kill("SIGINT");
  child.kill("SIGTERM");
  equal((await child.status).code, 0);
  await output.cancel();
  await child.stderr.cancel();
});

Deno.test("a further Ctrl-C ends at once, and the step's processes end with it", async () => {
  const deaf =
    "trap '' TERM INT\nsleep 300 & echo $! > grandchild\necho $$ > child\nwhile :; do sleep 0.1; done";
  using shop = workshop({ "a.yaml": pipeline({ Deaf: deaf }) });
  const running = shop.start(["run", "a.yaml", "--run-id", "cut"]);
  await until(() => shop.read("child") !== "", "the step");
  const { code, stdout } = await keepInterrupting(running);
  equal(code, 130);
  doesNotMatch(stdout, /Continue with/, "it has waited for the step to end");
  const ended = async (file: string) => !await isAlive(shop.read(file));
  await until(async () => await ended("child") && await ended("grandchild"), "the end of the tree");
  match((await shop.wfe("runs")).stdout, /cut +pipeline 1 +interrupted/);
});

Deno.test("an interruption in JSON leaves the run as the last line", async () => {
  using shop = workshop({ "a.yaml": stubborn });
  const { process, finished } = shop.start(["run", "a.yaml", "--run-id", "cut", "--output", "json"]);
  await until(() => shop.read("child") !== "", "the second step");
  process.kill("SIGINT");
  const { code, stdout, stderr } = await finished;
  equal(code, 130);
  const objects = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  deepEqual(objects.at(-1), { type: "run", runId: "cut", status: "Runnable", data: {} });
  match(stderr, /Continue with: wfe resume cut\n$/);
});
