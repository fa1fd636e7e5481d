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
      // Of its own: a tree that never got its input takes it along.
      directory: await Deno.makeTempDir({ dir: directory }),
      env: { MARK: mark },
      // Long for who obeys TERM: that may wait for a processor.
      grace: script.includes("trap ''") ? 300 : 60_000,
      settle: 100,
      isFed: true,
    });
    tree.begin();
    tree.feed("input");
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

/** Runs scripts in an engine that finds only `programs`, and first of all what stands in for some, as shell scripts. */
async function withPrograms(
  programs: string,
  run: string,
  scripts: string[],
  standIns: Readonly<Record<string, string>> = {},
): Promise<Outcome[]> {
  const folder = await Deno.makeTempDir();
  const mark = crypto.randomUUID();
  try {
    await Deno.mkdir(`${folder}/bin`);
    const link =
      'for p in $2; do ln -s "$(command -v "$p")" "$1/$p"; done; test ! -e "$1/dash" || mv "$1/dash" "$1/sh"';
    await shell(link, `${folder}/bin`, programs);
    for (const [name, script] of Object.entries(standIns)) {
      await Deno.writeTextFile(`${folder}/bin/${name}`, script, { mode: 0o700 });
    }
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

const tools = "grep cat rm sleep mkfifo setsid env";
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

Deno.test("a shell that is killed or stopped while it ends what a dead supervisor has left does not hinder that", async () => {
  // The first process that is started after the death of the supervisor is one of this shell.
  const first = (signal: string) =>
    `#!/bin/sh\nif mkdir "$HOME/met" 2>/dev/null; then kill -${signal} $PPID; fi\nexec "$HOME/grep" "$@"\n`;
  for (const signal of ["KILL", "STOP"]) {
    const home = await Deno.makeTempDir();
    await shell('ln -s "$(command -v grep)" "$1/grep"', home);
    const standIn = first(signal).replaceAll("$HOME", home);
    const outcomes = await withPrograms("bash cat rm sleep mkfifo setsid mkdir", "bash", [
      "setsid sleep 600 & kill -KILL $PPID; sleep 600",
    ], { grep: standIn });
    assert.deepEqual(shortOf(outcomes), [["bash", "", 137, "SIGKILL"]]);
    assert.ok((await Deno.stat(`${home}/met`)).isDirectory);
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("without mkfifo, or bash and setsid, a process tree says what is missing", async () => {
  const [outcome] = await withPrograms("dash grep cat rm sleep mkfifo", "sh", ["true"]);
  assert.equal(outcome!.code, 127);
  assert.match(outcome!.err, /Cannot run 'setsid'/);
  const [without] = await withPrograms("bash grep cat rm sleep", "bash", ["true"]);
  assert.equal(without!.code, 127);
  assert.match(without!.err, /Cannot run 'mkfifo'/);
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

/** Runs a script in an engine that the shell command `start` starts; `env` is source text. */
async function startedBy(start: string, flags: string[], script: string, env = "{}"): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/engine.ts`, engine.replace("{ MARK: mark }", env));
    const { out } = await shell(
      start,
      ...[Deno.execPath(), "run", "--no-prompt", "--quiet", "--allow-read", "--allow-write", ...flags],
      ...[`${folder}/engine.ts`, "", folder, script],
    );
    return JSON.parse(out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** In an engine whose environment has variables of the loader. */
const withLoaderVariables = (flags: string[], script: string, env?: string) =>
  startedBy('LD_LIBRARY_PATH="/a b" LD_WFE=2 exec "$@"', flags, script, env);

Deno.test("a program inherits no file, pipe or socket that the engine was started with", async () => {
  const start = 'exec 3</dev/null 7</dev/null 9</dev/null 78</dev/null; exec "$@"';
  const script = "for fd in 3 4 5 6 7 8 9 78; do test ! -e /proc/$$/fd/$fd || echo $fd; done";
  assert.equal((await startedBy(start, ["--allow-run=bash"], script)).out, "");
  // Where sh is no bash, it has no word for more than one digit.
  assert.match((await startedBy(start, ["--allow-run=sh"], script)).out, /^(?:78\n)?$/);
});

Deno.test("variables of the loader reach the program, although Deno passes none on", async () => {
  const flags = ["--allow-run=bash,sh", "--allow-env=LD_LIBRARY_PATH,LD_WFE"];
  const script = 'echo "$LD_LIBRARY_PATH,$LD_WFE,${WFE_ENV_0-}"';
  assert.equal((await withLoaderVariables(flags, script)).out, "/a b,2,\n");
  assert.equal((await withLoaderVariables(flags, script, '{ LD_WFE: "own" }')).out, "/a b,own,\n");
});

Deno.test("a variable of the loader that may not be read is named by a typed error, unless the step sets it", async () => {
  const flags = ["--allow-run=bash,sh", "--allow-env=LD_WFE"];
  assert.deepEqual(await withLoaderVariables(flags, ":"), {
    code: "PROCESS_START",
    reason: "permission",
    message:
      "Cannot start a process: the engine's environment has LD_LIBRARY_PATH, and Deno may not pass it on. " +
      "Allow it with --allow-env=LD_LIBRARY_PATH, or start the engine without it: env -u LD_LIBRARY_PATH deno …",
  });
  const set = await withLoaderVariables(flags, 'echo "$LD_LIBRARY_PATH"', '{ LD_LIBRARY_PATH: "/c" }');
  assert.equal(set.out, "/c\n");
});

Deno.test("leftovers are ended also where a variable of the loader may not be read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const module = JSON.stringify(new URL("process_tree.ts", import.meta.url).href);
    await Deno.writeTextFile(
      `${folder}/end.ts`,
      `import { endLeftover } from ${module};
       await endLeftover({ pid: 2 ** 22 + 1, token: crypto.randomUUID() }, { grace: 10 });
       console.log("ended");`,
    );
    const run = [Deno.execPath(), "run", "--no-prompt", "--quiet", "--allow-run=bash,sh", `${folder}/end.ts`];
    assert.equal((await shell('LD_WFE=2 exec "$@"', ...run)).out, "ended\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
