import assert from "node:assert/strict";
import {
  eventually,
  processesNaming,
  processesOfSession,
  processesWith,
  shell,
} from "../../tests/processes.ts";
import { type ProcessStatus, type ProcessTreeOptions, startProcessTree } from "./process_tree.ts";

type Options = Partial<ProcessTreeOptions> & { readonly endOn?: string; readonly input?: string };
type Ended = ProcessStatus & {
  readonly out: string;
  readonly err: string;
  /** Milliseconds from its end to when it was gone. */
  readonly took: number;
};

/** Runs a bash script as a tree to its end, or ends it once it has printed `endOn`; nothing may be left. */
async function run(script: string, { endOn, input, ...options }: Options = {}): Promise<Ended> {
  const directory = await Deno.makeTempDir();
  const mark = crypto.randomUUID();
  const argv = ["bash", "-euo", "pipefail", "-c", script];
  const env = { MARK: mark, ...options.env };
  try {
    await using tree = startProcessTree({ argv, directory, isFed: input !== undefined, ...options, env });
    tree.begin();
    if (input !== undefined) tree.feed(input);
    const [out, err] = [tree.stdout, tree.stderr].map((stream) => {
      let text = "";
      const decoder = new TextDecoder();
      const read = async () => {
        for await (const chunk of stream) {
          text += decoder.decode(chunk, { stream: true });
          if (endOn !== undefined && text.includes(endOn)) end();
        }
        return text;
      };
      return read();
    });
    let ended = NaN;
    const end = () => {
      tree.end();
      ended = performance.now();
    };
    const status = await tree.status;
    const took = performance.now() - ended;
    const texts = { out: await out!, err: await err! };
    assert.deepEqual(await processesWith(mark), [], "processes are left");
    // A look takes its moment to end.
    const isOver = async () => (await processesOfSession(tree.identity.pid)).length === 0;
    await eventually(isOver, 15_000, "the supervisor leaves nothing");
    return { ...status, ...texts, took };
  } finally {
    // A tree that ends before it has its input removes it, maybe at this moment.
    await Deno.remove(directory, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

Deno.test("startProcessTree() gives the output, exit code and signal of its program", async () => {
  const { out, err, code, signal } = await run("echo out; echo err >&2; exit 3");
  assert.deepEqual({ out, err, code, signal }, { out: "out\n", err: "err\n", code: 3, signal: null });
  const killed = await run("kill -KILL $$");
  assert.deepEqual([killed.code, killed.signal], [137, "SIGKILL"]);
});

Deno.test("startProcessTree() runs nothing before begin()", async () => {
  const directory = await Deno.makeTempDir();
  const tree = startProcessTree({ argv: ["touch", `${directory}/ran`], directory });
  tree.end();
  await tree.status;
  await tree[Symbol.asyncDispose]();
  assert.deepEqual(Array.from(Deno.readDirSync(directory)), []);
  await Deno.remove(directory);
});

Deno.test("startProcessTree() gives an empty standard input, or the one asked for through a pipe", async () => {
  assert.equal((await run("cat; stat -Lc %F /dev/stdin")).out, "character special file\n");
  const { out } = await run("stat -Lc %F /dev/stdin; cat; ls", { input: "in\0put" });
  assert.ok(out.startsWith("fifo\nin\0put"), out);
});

Deno.test("startProcessTree() removes the pipe of the standard input", async () => {
  const directory = await Deno.makeTempDir();
  await using tree = startProcessTree({ argv: ["cat"], directory, isFed: true });
  tree.begin();
  tree.feed("secret");
  assert.equal(await new Response(tree.stdout).text(), "secret");
  assert.deepEqual(Array.from(Deno.readDirSync(directory)), []);
  await tree.status;
  await Deno.remove(directory);
});

Deno.test("startProcessTree() gives an input that is larger than a pipe", async () => {
  const { out } = await run("sleep 0.1; cksum", { input: "x".repeat(1_000_000) });
  assert.equal(out, (await run("head -c 1000000 /dev/zero | tr '\\0' x | cksum")).out);
});

Deno.test("a tree ends although its program does not read its input, or only begins to", async () => {
  const input = "x".repeat(1_000_000);
  assert.equal((await run("exit 3", { input })).code, 3);
  assert.equal((await run("exec <&-; sleep 0.1; exit 4", { input })).code, 4);
  assert.equal((await run("head -c 1; exit 5", { input })).code, 5);
  assert.equal((await run("echo ready; sleep 20", { input, endOn: "ready" })).signal, "SIGTERM");
});

Deno.test("startProcessTree() reports a program that is not there", async () => {
  const { code, err } = await run("", { argv: ["no-such-program"] });
  assert.equal(code, 127);
  assert.match(err, /Cannot run 'no-such-program'/);
});

Deno.test("startProcessTree() passes variables as they are, whatever their names mean to a shell", async () => {
  const env = {
    name: "a",
    token: "b\n'\"$x`",
    wfe_x: "c",
    PATH: "/bin:/usr/bin:/x",
    LD_LIBRARY_PATH: "/y",
    IFS: "z",
  };
  const { out } = await run("env -0", { env });
  const seen = Object.fromEntries(out.split("\0").map((entry) => entry.split(/=(.*)/s)));
  for (const [key, value] of Object.entries(env)) if (key !== "IFS") assert.equal(seen[key], value);
  const added = Object.keys(seen).filter((key) => key.startsWith("WFE_") && !Deno.env.has(key));
  assert.deepEqual(added, ["WFE_STEP_TOKEN"]);
});

Deno.test("startProcessTree() clears the environment when asked", async () => {
  const { out } = await run("env", { clearEnv: true, env: { A: "1" } });
  const names = out.trim().split("\n").map((line) => line.split("=")[0]!).sort();
  assert.deepEqual(names, ["A", "MARK", "PWD", "SHLVL", "WFE_STEP_TOKEN", "_"]);
});

Deno.test("startProcessTree() limits the memory of each process", async () => {
  const { code } = await run("x=$(head -c 100000000 /dev/zero | tr '\\0' x)", {
    dataLimit: 32 * 1024 * 1024,
  });
  assert.notEqual(code, 0);
});

Deno.test("startProcessTree() refuses what cannot be started, by a typed error", async () => {
  const directory = await Deno.makeTempDir();
  const refused = (options: Options, reason: string) =>
    assert.throws(() => startProcessTree({ argv: ["true"], directory, ...options }), {
      code: "PROCESS_START",
      reason,
      retryable: false,
    });
  refused({ cwd: `${directory}/missing` }, "directory");
  refused({ cwd: "/etc/passwd" }, "directory");
  refused({ env: { "A B": "" } }, "invalid");
  refused({ env: { A: "x\0" } }, "invalid");
  refused({ env: { A: "x".repeat(200_000) } }, "too-large");
  await Deno.remove(directory);
});

Deno.test("end() ends grandchildren and what holds the pipe", async () => {
  const { signal } = await run("(bash -c 'sleep 600 & echo ready; wait' & wait)", { endOn: "ready" });
  assert.equal(signal, "SIGTERM");
});

Deno.test("end() kills what ignores TERM, after the grace", async () => {
  const { signal, took } = await run("trap '' TERM; sleep 600 & echo ready; wait", {
    endOn: "ready",
    grace: 300,
  });
  assert.equal(signal, "SIGKILL");
  assert.ok(took >= 300, `${took}`);
});

Deno.test("end() gives the program the grace to finish", async () => {
  const { code, out } = await run(
    "trap 'sleep 0.2; echo done; exit 7' TERM; sleep 20 & echo ready; wait",
    { endOn: "ready", grace: 60_000 },
  );
  assert.deepEqual([code, out], [7, "ready\ndone\n"]);
});

Deno.test("end() ends stopped processes", async () => {
  assert.equal((await run("echo ready; kill -STOP $$", { endOn: "ready" })).signal, "SIGTERM");
});

Deno.test("end() ends daemons that left the process group and cleared the pipe", async () => {
  const daemon = "setsid bash -c \"trap '' TERM; sleep 20\" </dev/null >/dev/null 2>&1 &";
  await run(`(${daemon}) & sleep 0.1; echo ready; sleep 20`, { endOn: "ready", grace: 300 });
});

Deno.test("end() before the program is there leaves nothing", async () => {
  for (let index = 0; index < 20; index++) {
    const directory = await Deno.makeTempDir();
    const mark = crypto.randomUUID();
    const tree = startProcessTree({ argv: ["sleep", "60"], directory, env: { MARK: mark }, grace: 1000 });
    tree.begin();
    setTimeout(() => tree.end(), index / 2);
    await tree.status;
    await tree[Symbol.asyncDispose]();
    assert.deepEqual(await processesWith(mark), []);
    await Deno.remove(directory);
  }
});

Deno.test("a tree ends with its program: background processes and daemons", async () => {
  for (const script of ["sleep 20 & echo x", "setsid sleep 20 & echo x", "env -i sleep 20 & echo x"]) {
    const { code, out } = await run(script, { settle: 100 });
    assert.deepEqual([code, out], [0, "x\n"], script);
  }
});

Deno.test("end() sends TERM once to each process: to many programs a second one means to stop at once", async () => {
  const count = "trap 'echo term' TERM; echo ready; for ((i = 0; i < 40; i++)); do sleep 0.01 || :; done";
  for (const isAlone of [false, true]) {
    const { out } = await run(count, { endOn: "ready", isAlone });
    assert.equal(out, "ready\nterm\n");
  }
  const { out } = await run(`setsid bash -c ${JSON.stringify(count)} & wait`, { endOn: "ready" });
  assert.equal(out, "ready\nterm\n");
});

Deno.test("a tree whose program is said to be alone ends with all of its process group", async () => {
  const { code, out } = await run("sleep 20 & echo x", { settle: 100, isAlone: true });
  assert.deepEqual([code, out], [0, "x\n"]);
});

Deno.test("end() ends all of the process group of a program that is said to be alone", async () => {
  const script = "trap '' TERM; sleep 20 & echo ready; wait";
  assert.equal((await run(script, { endOn: "ready", grace: 300, isAlone: true })).signal, "SIGKILL");
});

Deno.test("a tree may finish writing after its program has ended", async () => {
  const { code, out } = await run("exec > >(sleep 0.3; cat); echo late", { settle: 60_000 });
  assert.deepEqual([code, out], [0, "late\n"]);
});

Deno.test("a stream ends although an escaped process holds it open", async () => {
  const escaped = "env -u WFE_STEP_TOKEN -u MARK setsid bash -c 'sleep 20; echo late'";
  assert.equal((await run(`${escaped} & sleep 0.1; echo x`, { settle: 100 })).out, "x\n");
});

Deno.test("a program cannot hang or fool the engine by signals to its group and supervisor", async () => {
  const expected: Record<string, string | null> = {
    "kill 0; sleep 20": "SIGTERM",
    "kill -KILL 0; sleep 20": "SIGKILL",
    "kill $PPID; sleep 20": "SIGTERM",
    "kill -KILL $PPID; sleep 20": "SIGKILL",
    "setsid sleep 20 & kill -KILL $PPID; sleep 20": "SIGKILL",
    // Its fork that listens to the engine, too.
    "sleep 0.1; for pid in $(</proc/$PPID/task/$PPID/children); do test $pid = $$ || kill -STOP $pid; done; kill -KILL $PPID":
      "SIGKILL",
    "kill -STOP $PPID": null,
    "kill -INT $PPID; kill -HUP $PPID; kill -USR1 $PPID": null,
  };
  for (const [script, signal] of Object.entries(expected)) {
    assert.equal((await run(script, { grace: 60_000 })).signal, signal, script);
  }
});

Deno.test("a supervisor that is stopped again and again is killed in the end, and its tree with it", async () => {
  const script = "trap '' TERM; (while :; do kill -STOP $PPID || :; done) & echo ready; wait";
  assert.equal((await run(script, { endOn: "ready", grace: 300 })).signal, "SIGKILL");
});

Deno.test("a supervisor that is killed while it waits for its tree leaves no timer", async () => {
  const killing = "trap '' TERM; sleep 0.5; kill -KILL $PPID; sleep 600";
  const ending = await run(
    `trap "${killing.replace("$", "\\$")}" TERM; echo ready; while :; do sleep 0.1; done`,
    {
      endOn: "ready",
      grace: 60_000,
    },
  );
  assert.equal(ending.signal, "SIGKILL");
  const settling = await run(`(${killing}) & exit 3`, { settle: 60_000, grace: 300 });
  assert.equal(settling.signal, "SIGKILL");
});

Deno.test("a program that is about to begin when its supervisor is killed does not begin", async () => {
  const directory = await Deno.makeTempDir();
  const mark = crypto.randomUUID();
  // So many that it takes a while.
  const env = Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`V${n}`, ""]));
  await using tree = startProcessTree({ argv: ["sleep", "600"], directory, env: { ...env, MARK: mark } });
  const { pid, token } = tree.identity;
  tree.begin();
  const { code } = await shell(
    'until read -r -d " " fork <"/proc/$1/task/$1/children"; do :; done; kill -KILL "$1"',
    String(pid),
  );
  assert.equal(code, 0);
  assert.equal((await tree.status).signal, "SIGKILL");
  assert.deepEqual([await processesWith(mark), await processesNaming(token)], [[], []]);
  await Deno.remove(directory);
});

Deno.test("daemons that execute themselves again and again end with their trees", async () => {
  const again = 'exec bash -c "$0" "$0"';
  // So many that each waits for a processor in the middle of an exec, too.
  const trees = Array.from(
    { length: 20 },
    () => run(`setsid bash -c '${again}' '${again}' & exit 3`, { settle: 0 }),
  );
  for (const { code } of await Promise.all(trees)) assert.equal(code, 3);
});

Deno.test("a program may close its output long before it ends", async () => {
  assert.equal((await run("exec >&- 2>&-; sleep 0.2; exit 4")).code, 4);
});

Deno.test("disposing of a tree ends it, also when nobody reads", async () => {
  const directory = await Deno.makeTempDir();
  const mark = crypto.randomUUID();
  {
    await using tree = startProcessTree({ argv: ["yes"], directory, env: { MARK: mark } });
    tree.begin();
    await eventually(async () => (await processesWith(mark)).length > 0, 20_000, "yes runs");
  }
  assert.deepEqual(await processesWith(mark), []);
  await Deno.remove(directory);
});
