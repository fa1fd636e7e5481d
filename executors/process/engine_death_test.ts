import assert from "node:assert/strict";
import { eventually, processesOfSession, processesWith, shell, startDeno } from "../../tests/processes.ts";
import { endLeftover, isProcessIdentity, type ProcessIdentity } from "./process_tree.ts";

/** An engine that runs a bash script as a tree: prints the identity, begins when asked, prints what the tree prints. */
const engine = `
import { startProcessTree } from ${JSON.stringify(new URL("process_tree.ts", import.meta.url).href)};
const [script, mark, grace, mode] = Deno.args;
const directory = await Deno.makeTempDir();
const tree = startProcessTree({ argv: ["bash", "-c", script], directory, env: { MARK: mark }, grace: Number(grace) });
console.log(JSON.stringify(tree.identity));
if (mode !== "prepare") tree.begin();
if (mode === "end") tree.status.then(() => console.log("over"));
for await (const chunk of tree.stdout) {
  await Deno.stdout.write(chunk);
  if (mode === "end") tree.end();
}
await new Promise((resolve) => setTimeout(resolve, 60_000));
`;

interface Dead {
  readonly identity: ProcessIdentity;
  readonly mark: string;
}

/** Starts an engine, kills it by SIGKILL once it has printed `killOn`, after what `before` does. */
async function killedEngine(
  script: string,
  killOn: string,
  mode: "run" | "prepare" | "end",
  before?: (identity: ProcessIdentity) => Promise<unknown>,
): Promise<Dead> {
  const module = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(module, engine);
  const mark = crypto.randomUUID();
  const flags = ["--allow-read", "--allow-write", "--allow-run=bash,sh"];
  const child = startDeno(module, [script, mark, "400", mode], { flags });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes(killOn)) break;
  }
  const identity: unknown = JSON.parse(text.split("\n")[0]!);
  assert.ok(isProcessIdentity(identity));
  await before?.(identity);
  child.kill("SIGKILL");
  await Promise.all([child.status, child.stderr.cancel()]);
  await Deno.remove(module);
  return { identity, mark };
}

/** Nothing of the tree is left, long before its programs would end by themselves. */
async function assertGone({ identity, mark }: Dead): Promise<void> {
  const gone = async () =>
    (await processesWith(mark)).length + (await processesWith(identity.token)).length === 0;
  await eventually(gone, 15_000, "the tree is gone");
  const supervisorGone = async () => {
    const { code } = await shell(
      'kill -0 "$1" 2>/dev/null && ! grep -q ") Z " "/proc/$1/stat"',
      String(identity.pid),
    );
    return code !== 0;
  };
  await eventually(supervisorGone, 15_000, "the supervisor is gone");
}

// An ignored signal is inherited, so these sleeps ignore TERM too.
const stubborn = "trap '' TERM; sleep 20 & echo ready; wait";

Deno.test("a tree ends when its engine is killed before the program began", async () => {
  await assertGone(await killedEngine("sleep 20", "}\n", "prepare"));
});

Deno.test("a tree ends when its engine is killed", async () => {
  await assertGone(await killedEngine("sleep 20 & setsid sleep 20 & echo ready; wait", "ready", "run"));
});

Deno.test("a tree that ignores TERM ends when its engine is killed", async () => {
  await assertGone(await killedEngine(stubborn, "ready", "run"));
});

Deno.test("a tree ends when its engine is killed while it was ending it", async () => {
  await assertGone(await killedEngine(stubborn, "ready", "end"));
});

Deno.test("endLeftover() ends what is left when the supervisor was killed too", async () => {
  const script = "setsid sleep 20 & env -i sleep 20 & trap '' TERM; echo ready; sleep 20";
  const stop = ({ pid }: ProcessIdentity) => shell('kill -STOP -- "-$1"', String(pid));
  const { identity, mark } = await killedEngine(script, "ready", "run", stop);
  await shell('kill -KILL -- "-$1"', String(identity.pid));
  assert.notDeepEqual(await processesWith(mark), []);
  await endLeftover(identity, { grace: 300 });
  assert.deepEqual(await processesWith(mark), []);
  // The one with an empty environment is found by its group.
  assert.deepEqual(await processesOfSession(identity.pid), []);
});

Deno.test("endLeftover() waits for a supervisor that is at it", async () => {
  const dead = await killedEngine(stubborn, "ready", "run");
  await endLeftover(dead.identity, { grace: 400 });
  assert.deepEqual(await processesWith(dead.mark), []);
});

Deno.test("endLeftover() leaves all others alone, also one with the supervisor's process id", async () => {
  const other = new Deno.Command("bash", { args: ["-c", "exec sleep 20"], stdin: "null", stdout: "null" })
    .spawn();
  await endLeftover({ pid: other.pid, token: crypto.randomUUID() });
  other.kill("SIGTERM");
  assert.equal((await other.status).signal, "SIGTERM");
});

Deno.test("endLeftover() refuses what is no identity", async () => {
  await assert.rejects(endLeftover({ pid: 1, token: "" }), TypeError);
  for (const value of [null, 1, {}, { pid: 0, token: crypto.randomUUID() }, { pid: 2, token: "a b" }]) {
    assert.equal(isProcessIdentity(value), false);
  }
});
