import assert from "node:assert/strict";
import { processesWith, shell, startDeno } from "../../tests/processes.ts";

/** Runs scripts as trees, ends those that print `ready`, and prints what became of them. */
const engine = `
import { startProcessTree } from ${JSON.stringify(new URL("process_tree.ts", import.meta.url).href)};
const [mark, directory, ...scripts] = Deno.args;
for (const script of scripts) {
  try {
    await using tree = startProcessTree({
      argv: (shell) => [shell, "-c", script],
      directory,
      env: { MARK: mark },
      grace: 300,
      settle: 100,
      stdin: "input",
    });
    tree.begin();
    let out = "";
    for await (const chunk of tree.stdout) {
      out += new TextDecoder().decode(chunk);
      if (out.includes("ready")) tree.end();
    }
    const [err, status] = await Promise.all([new Response(tree.stderr).text(), tree.status]);
    console.log(JSON.stringify({ shell: tree.shell, out, err, ...status }));
  } catch (error) {
    console.log(JSON.stringify({ code: error.code, reason: error.reason, message: error.message }));
  }
}
`;

interface Outcome {
  readonly shell: string;
  readonly out: string;
  readonly err: string;
  readonly code: number;
  readonly signal: string | null;
  readonly reason: string;
}

/** Runs scripts in an engine that finds only `programs`. */
async function withPrograms(programs: string, run: string, scripts: string[]): Promise<Outcome[]> {
  const folder = await Deno.makeTempDir();
  const mark = crypto.randomUUID();
  try {
    await Deno.mkdir(`${folder}/bin`);
    const link =
      'for p in $2; do ln -s "$(command -v "$p")" "$1/$p"; done; test ! -e "$1/dash" || mv "$1/dash" "$1/sh"';
    await shell(link, `${folder}/bin`, programs);
    await Deno.writeTextFile(`${folder}/engine.ts`, engine);
    const flags = ["--allow-read", "--allow-write", ...run === "" ? [] : [`--allow-run=${run}`]];
    const child = startDeno(`${folder}/engine.ts`, [mark, folder, ...scripts], {
      flags,
      path: `${folder}/bin`,
    });
    const { stdout } = await child.output();
    assert.deepEqual(await processesWith(mark), []);
    return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const tools = "grep cat rm sleep setsid env";
const shortOf = (outcomes: Outcome[]) =>
  outcomes.map(({ shell, out, code, signal }) => [shell, out, code, signal]);

Deno.test("without bash, sh supervises process trees just as well", async () => {
  const ignore = "trap '' TERM; sleep 20 & echo ready; wait";
  const outcomes = await withPrograms(`dash ${tools}`, "bash,sh", [
    "cat; exit 3",
    "kill -KILL $$",
    "sleep 20 & setsid sleep 20 & echo ready; wait",
    ignore,
    "sleep 20 & setsid sleep 20 & env -i sleep 20 & echo x",
    "kill 0; sleep 20",
    "kill -KILL $PPID; sleep 20",
    "kill -STOP $PPID",
  ]);
  assert.deepEqual(shortOf(outcomes), [
    ["sh", "input", 3, null],
    ["sh", "", 137, "SIGKILL"],
    ["sh", "ready\n", 143, "SIGTERM"],
    ["sh", "ready\n", 137, "SIGKILL"],
    ["sh", "x\n", 0, null],
    ["sh", "", 143, "SIGTERM"],
    ["sh", "", 137, "SIGKILL"],
    ["sh", "", 0, null],
  ]);
});

Deno.test("without bash and setsid, a process tree says what is missing", async () => {
  const [outcome] = await withPrograms("dash grep cat rm sleep", "sh", ["true"]);
  assert.equal(outcome!.code, 127);
  assert.match(outcome!.err, /Cannot run 'setsid'/);
});

Deno.test("the shell is one that Deno may run", async () => {
  assert.equal((await withPrograms(`bash dash ${tools}`, "sh", [":"]))[0]!.shell, "sh");
  assert.equal((await withPrograms(`bash dash ${tools}`, "bash", [":"]))[0]!.shell, "bash");
});

Deno.test("without permission or without any shell, a typed error says what to do", async () => {
  const [denied] = await withPrograms(`bash dash ${tools}`, "", [":"]);
  assert.deepEqual(denied, {
    code: "PROCESS_START",
    reason: "permission",
    message: "Cannot start a process: Deno may not run bash or sh. Allow it with --allow-run=bash,sh",
  });
  const [missing] = await withPrograms("cat", "bash,sh", [":"]);
  assert.equal(missing!.reason, "no-shell");
});
