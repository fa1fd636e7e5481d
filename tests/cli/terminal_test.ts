// deno-lint-ignore-file no-control-regex
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { isAlive, pipeline, until, wfeArguments, workshop } from "./wfe.ts";

const hasScript = await new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" })
  .output().then(({ success }) => success, () => false);
if (!hasScript) console.log("skipped: tests of the terminal need the program `script` (Debian: bsdutils)");

/** Runs `wfe` on a terminal of 60 by 20; what is written to `keys` is typed. */
function onTerminal(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  // Quiet: on a busy machine Deno draws the progress of its own start.
  const [run, ...others] = wfeArguments;
  const command = ["deno", run!, "--quiet", ...others, ...args].map((word) => `'${word}'`).join(" ");
  const process = new Deno.Command("script", {
    args: ["-qec", `stty cols 60 rows 20; exec ${command}`, "/dev/null"],
    cwd: folder,
    env: { TERM: "xterm", NO_COLOR: "", ...env },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const keys = process.stdin.getWriter();
  let screen = "";
  const read = async () => {
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) screen += text;
  };
  const finished = Promise.all([process.status, read()]).then(async ([{ code }]) => {
    await keys.close().catch(() => {});
    return { code, screen };
  });
  return { keys, finished, screen: () => screen };
}

/** Its second step waits for a file. */
const slow = pipeline({
  Lint: "echo checking",
  Build: "echo \"start $(printf 'x%.0s' {1..90})\"; until test -e go; do sleep 0.05; done",
  Ship: "true",
});

/** Runs it, and lets the second step go on once it was drawn with its output, and again with another time. */
async function runSlowly(env: Readonly<Record<string, string>> = {}) {
  using shop = workshop({ "a.yaml": slow });
  const { finished, screen } = onTerminal(shop.folder, ["run", "a.yaml", "--run-id", "t"], env);
  const times = () =>
    new Set(Array.from(screen().matchAll(/Build\S* \S*?(\d[\d.]*m?s)/g), ([, time]) => time));
  await until(() => screen().includes("start x") && times().size > 1, "the time to go on");
  shop.write("go", "");
  return await finished;
}

Deno.test({
  name: "on a terminal the running step is redrawn in place with its output, and the cursor comes back",
  ignore: !hasScript,
  async fn() {
    const { code, screen } = await runSlowly();
    equal(code, 0, screen);
    match(screen, /\x1b\[32m✓\x1b\[39m \x1b\[1mLint\x1b\[22m/);
    match(screen, /\x1b\[2m {4}start x{49}\x1b\[22m\r\n/, "the output is cut to 59 columns");
    match(screen, /\x1b\[2m· Ship/);
    equal(screen.lastIndexOf("\x1b[?25h") > screen.lastIndexOf("\x1b[?25l"), true, "the cursor stays hidden");
    match(screen, /complete\S* in \S+ .*run t/);
  },
});

Deno.test({
  name: "NO_COLOR leaves the terminal without colours",
  ignore: !hasScript,
  async fn() {
    const { code, screen } = await runSlowly({ NO_COLOR: "1" });
    equal(code, 0, screen);
    doesNotMatch(screen, /\x1b\[\d+m/);
    match(screen, /✓ Lint/);
  },
});

Deno.test({
  name: "a terminal that cannot move its cursor gets plain lines",
  ignore: !hasScript,
  async fn() {
    using shop = workshop({ "a.yaml": slow, go: "" });
    const { code, screen } = await onTerminal(shop.folder, ["run", "a.yaml"], { TERM: "dumb" }).finished;
    equal(code, 0, screen);
    const output = screen.slice(screen.indexOf("pipeline 1"));
    doesNotMatch(output, /\x1b/);
    match(output, /^Lint \| checking\r$/m);
  },
});

Deno.test({
  name: "escape sequences that a step prints do not reach the terminal",
  ignore: !hasScript,
  async fn() {
    const nasty = pipeline({ Nasty: "printf '\\033]0;owned\\007\\033[2Jtext\\n'; sleep 0.5; exit 1" });
    using shop = workshop({ "a.yaml": nasty });
    const { screen } = await onTerminal(shop.folder, ["run", "a.yaml", "--run-id", "n"]).finished;
    match(screen, /text/);
    const logs = await onTerminal(shop.folder, ["logs", "n"]).finished;
    match(logs.screen, /text/);
    doesNotMatch(screen + logs.screen, /\x1b\]0;|\x1b\[2J/);
  },
});

Deno.test({
  name:
    "Ctrl-C on the terminal stops the run, names the command that continues it, and gives the cursor back",
  ignore: !hasScript,
  async fn() {
    using shop = workshop({ "a.yaml": pipeline({ Wait: "echo $$ > pid; sleep 300" }) });
    const { keys, finished } = onTerminal(shop.folder, ["run", "a.yaml", "--run-id", "c"]);
    await until(() => shop.read("pid") !== "", "the step");
    await keys.write(new TextEncoder().encode("\x03"));
    const { code, screen } = await finished;
    equal(code, 130, screen);
    match(screen, /stopping…/);
    match(screen, /Continue with: \S*wfe resume c/);
    deepEqual(
      [await isAlive(shop.read("pid")), screen.lastIndexOf("\x1b[?25h") > screen.lastIndexOf("\x1b[?25l")],
      [false, true],
    );
  },
});
