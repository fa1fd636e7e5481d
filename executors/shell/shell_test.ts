import assert from "node:assert/strict";
import { ExecutionResult } from "../../src/definition/execution_result.ts";
import type { JsonObject } from "../../src/definition/json.ts";
import { compileShellText, compileTemplate } from "../../src/yaml/expression/mod.ts";
import { type FakeStepContext, fakeStepContext } from "../../tests/fake_step_context.ts";
import { processesWith, shell } from "../../tests/processes.ts";
import { ShellExecutor, type ShellExecutorOptions } from "../shell.ts";

type Given = Parameters<typeof fakeStepContext>[2] & {
  readonly config?: JsonObject;
  readonly options?: ShellExecutorOptions;
  readonly before?: (fake: FakeStepContext, base: string) => void;
};

/** Runs a script as a step; its private folder has to be gone afterwards. */
async function run(script: string, { config, options, before, ...given }: Given = {}): Promise<
  FakeStepContext & { readonly result: ExecutionResult; readonly text: string }
> {
  const base = await Deno.makeTempDir();
  try {
    const fake = fakeStepContext("shell", { run: { ...compileShellText(script, "bash") }, ...config }, given);
    before?.(fake, base);
    const result = await new ShellExecutor({ directory: `${base}/steps`, ...options }).run(fake.ctx);
    return { ...fake, result, text: fake.lines.map(([, line]) => line).join("\n") };
  } finally {
    assert.deepEqual(Array.from(Deno.readDirSync(`${base}/steps`)), []);
    await Deno.remove(base, { recursive: true });
  }
}

Deno.test("a shell step logs what its commands print, line by line and by stream", async () => {
  const { lines, result, set } = await run("echo a; sleep 0.05; echo b >&2; sleep 0.05; printf c");
  assert.deepEqual(lines, [["stdout", "a"], ["stderr", "b"], ["stdout", "c"]]);
  assert.deepEqual(result, ExecutionResult.next());
  assert.deepEqual(set, []);
});

Deno.test("a shell step runs in bash with -e, -u and pipefail", async () => {
  for (const script of ["false; echo on", "echo $unset_name; echo on", "false | true; echo on"]) {
    await assert.rejects(run(script), { code: "SHELL_EXIT" }, script);
  }
  assert.equal((await run('[[ a == a ]] && a=(1 2) && echo "${#a[@]}"')).text, "2");
});

Deno.test("a shell step can ask for sh", async () => {
  const { text } = await run('echo "$-"; echo "${BASH_VERSION-none}"', { config: { shell: "sh" } });
  assert.match(text, /^(?=.*e)(?=.*u)/);
});

Deno.test("a command is run by no shell: its arguments arrive as they are", async () => {
  const hostile = "$(touch pwned) `id` 'a' \"b\" ; * \\";
  const config = {
    run: undefined,
    command: ["printf", "%s|", hostile, compileTemplate("v=${{ var.value }}")],
  };
  const { lines } = await run("", { config, vars: { value: hostile } });
  assert.deepEqual(lines, [["stdout", `${hostile}|v=${hostile}|`]]);
});

Deno.test("a shell step has an empty standard input", async () => {
  assert.equal((await run("cat; read -r line || echo end")).text, "end");
});

Deno.test("a failing shell step gives exit code, signal and last lines", async () => {
  await assert.rejects(run("for i in $(seq 20); do echo $i; done; echo why >&2; exit 3"), (error: Error) => {
    const { exitCode, signal, tail } = error as Error & { exitCode: number; signal: string; tail: string[] };
    assert.deepEqual([exitCode, signal, tail.length, tail.includes("why")], [3, null, 10, true]);
    assert.match(error.message, /^The commands failed with exit code 3\. Last lines:\n/);
    return true;
  });
  await assert.rejects(run("kill -KILL $$"), {
    code: "SHELL_EXIT",
    exitCode: 137,
    signal: "SIGKILL",
    message: "The commands failed with exit code 137 (SIGKILL). They printed nothing",
  });
  await assert.rejects(run("no_such_command"), {
    exitCode: 127,
    message: /no_such_command: command not found/,
  });
});

Deno.test("a shell step sets outputs by file and by line, and they become data", async () => {
  const { result, set } = await run(`
    echo "##wfe[output line=a b]"
    echo "##wfe[output both=line]"
    echo "##wfe[output stderr=no]" >&2
    echo "number=007" >> "$WFE_OUTPUT"
    printf 'text<<END\\none\\ntwo\\nEND\\nboth=file\\n' >> "$WFE_OUTPUT"
  `);
  const outputs = { line: "a b", both: "file", number: "007", text: "one\ntwo" };
  assert.deepEqual(result, ExecutionResult.next(outputs));
  assert.deepEqual(set, [outputs]);
});

Deno.test("a shell step says by a line how far it is", async () => {
  const { notes, set, lines } = await run(`
    echo "##wfe[status 1 of 2: $(printf '\\ttabs')]"
    echo "##wfe[status elsewhere]" >&2
    echo "##wfe[status 2 of 2]"
  `);
  assert.deepEqual(notes, ["1 of 2: \ttabs", "2 of 2"]);
  assert.deepEqual(set, []);
  assert.equal(lines.length, 3);
});

Deno.test("what a shell step prints within a line sets no output, wherever that line is cut or rewritten", async () => {
  const untrusted = "##wfe[output admin=true]";
  const { set, lines } = await run(`
    printf '%065536d%s\\n' 0 '${untrusted}'
    printf 'name: x\\r%s\\n' '${untrusted}'
  `);
  assert.deepEqual(set, []);
  assert.deepEqual(lines.map(([, line]) => line), ["0".repeat(65536), untrusted, untrusted]);
});

Deno.test("a shell step's outputs have their declared types", async () => {
  const config = { outputs: { n: "number", b: "boolean", j: "json", s: "string", unset: "number" } };
  const { set } = await run(`echo '##wfe[output n=1]'; printf 'b=true\\nj=[1]\\ns=1\\n' > "$WFE_OUTPUT"`, {
    config,
  });
  assert.deepEqual(set, [{ n: 1, b: true, j: [1], s: "1" }]);
});

Deno.test("a shell step hands a file over by its path, which becomes a reference with size and checksum", async () => {
  const outputs = { report: "file", copy: "file", note: "string" };
  const folder = await Deno.makeTempDir();
  try {
    const { set } = await run(
      `
        printf 'hello\n' > report.txt
        ln -s report.txt link
        echo "report=report.txt" >> "$WFE_OUTPUT"
        echo "##wfe[output copy=$PWD/link]"
        echo "note=report.txt" >> "$WFE_OUTPUT"
      `,
      { config: { outputs, working_dir: folder } },
    );
    const sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
    assert.deepEqual(set, [{
      report: { path: `${folder}/report.txt`, size: 6, sha256 },
      copy: { path: `${folder}/link`, size: 6, sha256 },
      note: "report.txt",
    }]);
    assert.equal(await Deno.readTextFile(`${folder}/report.txt`), "hello\n", "the file stays where it is");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a shell step that hands over a file of any size takes little memory", async () => {
  const config = { outputs: { large: "file" } };
  const before = Deno.memoryUsage().rss;
  const file = await Deno.makeTempFile();
  await Deno.truncate(file, 300_000_000);
  try {
    const { set } = await run(`echo "large=${file}" >> "$WFE_OUTPUT"`, { config });
    assert.equal((set[0]?.large as JsonObject).size, 300_000_000);
    assert.ok(Deno.memoryUsage().rss - before < 100 * 1024 * 1024);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a shell step that hands over what is no file fails and changes no data", async () => {
  const cases: readonly (readonly [path: string, message: RegExp])[] = [
    ["no-such-file", /there is no \/.*no-such-file\. A path is relative to the folder/],
    ["/tmp", /a folder, a pipe or a device/],
    ["/dev/zero", /a folder, a pipe or a device/],
    ["", /it is empty/],
    ["${WFE_OUTPUT%/*}/x", /that folder is removed with the step/],
  ];
  for (const [path, message] of cases) {
    const sets: FakeStepContext["set"][] = [];
    const script = `: > "\${WFE_OUTPUT%/*}/x"; echo "report=${path}" >> "$WFE_OUTPUT"`;
    const before = (fake: FakeStepContext) => void sets.push(fake.set);
    await assert.rejects(run(script, { config: { outputs: { report: "file" } }, before }), {
      code: "SHELL_OUTPUT",
      message,
    });
    assert.deepEqual(sets, [[]]);
  }
});

Deno.test("a shell step whose outputs are too large is told to hand over a file", async () => {
  for (
    const script of [
      'printf "x=%02000000d\n" 1 > "$WFE_OUTPUT"',
      'for i in $(seq 40); do printf "##wfe[output a=%060000d]\n" 1; done',
    ]
  ) {
    await assert.rejects(run(script), {
      code: "SHELL_OUTPUT",
      message: /declare `outputs: \{ NAME: file \}`, and set the path as its value$/,
    });
  }
});

Deno.test("a shell step with wrong outputs fails and changes no data", async () => {
  const config = { outputs: { n: "number" } };
  for (
    const script of [
      "echo '##wfe[output n=x]'",
      "echo '##wfe[output other=1]'",
      "echo '##wfe[output n]'",
      'echo "n" >> "$WFE_OUTPUT"',
      'mkfifo "$WFE_OUTPUT.2" && mv "$WFE_OUTPUT.2" "$WFE_OUTPUT"',
      'head -c 2000000 /dev/zero > "$WFE_OUTPUT"',
      'printf "n=1\\0" > "$WFE_OUTPUT"',
    ]
  ) {
    const sets: FakeStepContext["set"][] = [];
    const before = (fake: FakeStepContext) => void sets.push(fake.set);
    await assert.rejects(run(script, { config, before }), { code: "SHELL_OUTPUT" }, script);
    assert.deepEqual(sets, [[]]);
  }
  await assert.rejects(run("echo '##wfe[output n=x]'; exit 9", { config }), { exitCode: 9 });
});

Deno.test("a shell step knows its run, attempt and idempotency key", async () => {
  const names = ["RUN_ID", "STEP_NAME", "ATTEMPT", "IDEMPOTENCY_KEY"].map((name) => `"$WFE_${name}"`).join(
    " ",
  );
  const { text } = await run(`printf '%s\\n' ${names}; test -n "$WFE_STEP_TOKEN"; test -f "$WFE_OUTPUT"`);
  assert.equal(text, "run-1\nThe step\n2\nrun-1/7");
});

Deno.test("a shell step is told the span of its attempt, unless it names another parent", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const told = async (config: JsonObject) => (await run('echo "$TRACEPARENT"', { traceparent, config })).text;
  assert.equal(await told({}), traceparent);
  assert.equal(await told({ clear_env: true }), traceparent);
  assert.equal(await told({ env: { TRACEPARENT: "mine" } }), "mine");
});

Deno.test("a shell step with a cleared environment has PATH and HOME, its own variables and the engine's", async () => {
  Deno.env.set("WFE_TEST_SECRET", "inherited");
  try {
    const seen = async (config: JsonObject, script = "env -0 | cut -z -d= -f1 | sort -z | tr '\\0' ' '") =>
      (await run(script, { config })).text;
    assert.match(await seen({}), / WFE_TEST_SECRET /);
    const names = ["HOME", "PATH", "PWD", "SHLVL", "WFE_ATTEMPT", "WFE_IDEMPOTENCY_KEY", "WFE_OUTPUT"];
    const rest = ["WFE_RUN_ID", "WFE_STEP_NAME", "WFE_STEP_TOKEN", "_"];
    assert.deepEqual((await seen({ clear_env: true })).trim().split(" "), [...names, ...rest]);
    assert.deepEqual(
      (await seen({ clear_env: true, env: { clear: "yes", HOME: "/own" } })).trim().split(" "),
      [...names, ...rest, "clear"],
    );
    const values = await seen({ clear_env: true, env: { HOME: "/own" } }, 'printf "%s|" "$PATH" "$HOME"');
    assert.equal(values, `${Deno.env.get("PATH")}|/own|`);
  } finally {
    Deno.env.delete("WFE_TEST_SECRET");
  }
});

Deno.test("a command with a cleared environment is found in the engine's PATH", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/env`, "#!/bin/sh\necho mine\n", { mode: 0o755 });
  const path = Deno.env.get("PATH")!;
  Deno.env.set("PATH", `${folder}:${path}`);
  try {
    const { text } = await run("", {
      config: { run: undefined, command: ["env"], clear_env: true } as never,
    });
    assert.equal(text, "mine");
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a shell step's expressions reach it as values and never as code", async () => {
  const evil = "$(touch pwned)`touch pwned`'\"\\\n; touch pwned #";
  const { text } = await run('printf \'%s|\' ${{ var.x }} "a${{ data.x }}b" "$E"; ls', {
    vars: { x: evil },
    data: { x: evil },
    config: { env: { E: compileTemplate("<${{ var.x }}>") }, working_dir: compileTemplate("${{ var.dir }}") },
    before: ({ ctx }, base) => Object.assign(ctx.vars, { dir: base }),
  });
  assert.equal(text, `${evil}|a${evil}b|<${evil}>|steps`);
});

Deno.test("a shell step's values stay out of its text, and large ones fit", async () => {
  const value = "x".repeat(100_000);
  const { text } = await run("echo ${{ data.x }} | wc -c; grep -c 'x\\{9\\}' \"$0\" || :", {
    data: { x: value },
  });
  assert.equal(text, "100001\n0");
  await assert.rejects(run("echo ${{ data.x }}", { data: { x: "x\0" } }), { code: "EXPRESSION" });
});

Deno.test("a shell step may have a script of 300 KiB", async () => {
  assert.equal((await run(`: ${"x".repeat(300 * 1024)}\necho end`)).text, "end");
});

Deno.test("a shell step with a working folder that is not there fails with a remedy", async () => {
  await assert.rejects(run("true", { config: { working_dir: "/no/such/folder" } }), {
    code: "PROCESS_START",
    reason: "directory",
    retryable: false,
    message: /'\/no\/such\/folder'.*Create it/,
  });
});

Deno.test("an aborted shell step ends its process tree and throws the reason", async () => {
  const reason = new Error("timed out");
  const mark = crypto.randomUUID();
  const ended = run("trap 'echo ending' TERM; (sleep 600 & wait) & echo ready; wait; wait", {
    config: { env: { MARK: mark } },
    before: (fake) => {
      const push = fake.lines.push;
      fake.lines.push = (...lines) => (fake.abort(reason), push.apply(fake.lines, lines));
    },
  });
  await assert.rejects(ended, (error) => error === reason);
  assert.deepEqual(await processesWith(mark), []);
});

Deno.test("an aborted shell step throws the reason also when its commands succeed", async () => {
  const reason = new Error("stop");
  const before = (fake: FakeStepContext) => setTimeout(() => fake.abort(reason), 100);
  await assert.rejects(
    run("trap 'exit 0' TERM; sleep 20 & wait", { before }),
    (error) => error === reason,
  );
});

Deno.test("a shell step is recorded before it begins, and does not begin when that fails", async () => {
  const file = await Deno.makeTempFile();
  const refusal = new Error("lease lost");
  const before = ({ ctx }: FakeStepContext) => Object.assign(ctx, { hold: () => Promise.reject(refusal) });
  await assert.rejects(run(`echo ran > ${file}`, { before }), (error) => error === refusal);
  assert.equal(await Deno.readTextFile(file), "");
  await Deno.remove(file);
});

Deno.test("a shell step ends what an earlier attempt has left, and removes its folder", async () => {
  const token = crypto.randomUUID();
  const [pid] = (await shell(`WFE_STEP_TOKEN=$1 setsid sleep 20 >/dev/null & echo $!`, token)).out.split(
    "\n",
  );
  await run("true", {
    before: ({ ctx }, base) => {
      Deno.mkdirSync(`${base}/steps/step-old/x`, { recursive: true });
      Deno.mkdirSync(`${base}/kept`);
      Object.assign(ctx, { held: { pid: Number(pid), token, folder: `${base}/steps/step-old` } });
    },
  });
  assert.deepEqual(await processesWith(token), []);
});

Deno.test("a shell step's output in any encoding reaches the log as text", async () => {
  const { lines } = await run(
    String.raw`printf 'a\0b\n\xff\xfe\n\xe2\x82'; sleep 0.1; printf '\xac\n1%%\r2%%\n'`,
  );
  assert.deepEqual(lines.map(([, line]) => line), ["a\u2400b", "\ufffd\ufffd", "€", "2%"]);
});

Deno.test("a shell step may print without end in little memory", async () => {
  let bytes = 0;
  let longest = 0;
  const before = Deno.memoryUsage().rss;
  let most = 0;
  const onLine = (_: string, line: string) => {
    bytes += line.length;
    longest = Math.max(longest, line.length);
    if (bytes % 1024 === 0) most = Math.max(most, Deno.memoryUsage().rss);
  };
  // A line of 20 MB, then 100 MB in lines of 1 KB.
  const script =
    "head -c 20000000 /dev/zero | tr '\\0' x; echo; head -c 100000000 /dev/zero | tr '\\0' y | fold -w 1000";
  await run(script, { onLine });
  assert.equal(longest, 64 * 1024);
  assert.equal(bytes, 120_000_000);
  assert.ok(most - before < 150 * 1024 * 1024, `${most - before}`);
});
