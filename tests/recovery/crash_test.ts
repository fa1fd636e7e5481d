import { deepEqual, equal, ok } from "node:assert/strict";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";
import type { Pointer } from "../../src/instance/instance.ts";
import { eventually } from "../processes.ts";

const root = new URL("../../", import.meta.url);
const file = (name: string) => new URL(name, import.meta.url).pathname;
const stepNames = ["First", "Second", "Third", "Fourth"];
const runId = "crashed";

/** One run of the recovery pipeline in a folder of its own. */
class Trial implements AsyncDisposable {
  readonly #folder = Deno.makeTempDirSync({ prefix: "wfe-crash-" });

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.#folder, { recursive: true });
  }

  /** Runs the command to its end, or to the crash point. */
  async wfe(fatal: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const output = await this.spawn(fatal, ...args).output();
    const decoder = new TextDecoder();
    return {
      code: output.code,
      stdout: decoder.decode(output.stdout),
      stderr: decoder.decode(output.stderr),
    };
  }

  spawn(fatal: string, ...args: string[]): Deno.ChildProcess {
    const permissions = ["--no-prompt", "--allow-read", "--allow-write", "--allow-env", "--allow-run"];
    return new Deno.Command("deno", {
      args: ["run", ...permissions, file("crashing_wfe.ts"), fatal, this.#path("reached"), ...args],
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  get start(): string[] {
    return this.startOf("pipeline.yaml");
  }

  startOf(pipeline: string): string[] {
    const run = [
      "run",
      file(pipeline),
      "--run-id",
      runId,
      "--var",
      `effects=${this.#path("effects")}`,
    ];
    return [...run, "--output", "json", ...this.#db];
  }

  get resume(): string[] {
    return ["resume", runId, "--output", "json", ...this.#db];
  }

  /** The commit points reached so far. */
  get reached(): string[] {
    return this.#lines("reached");
  }

  /** What steps noted outside the database. */
  get effects(): string[] {
    return this.#lines("effects");
  }

  /** What is recorded of the run. */
  async recorded(): Promise<{ pointers: readonly Pointer[]; log: readonly string[] }> {
    await using store = await SqliteProvider.open(this.#path("wfe.db"));
    if (!await store.get(runId)) return { pointers: [], log: [] };
    const log = await store.readLog(runId, { limit: 1_000 });
    return { pointers: await store.pointers(runId), log: log.map(({ text }) => text) };
  }

  get #db(): string[] {
    return ["--db", this.#path("wfe.db")];
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`;
  }

  #lines(name: string): string[] {
    try {
      return Deno.readTextFileSync(this.#path(name)).trimEnd().split("\n");
    } catch {
      return [];
    }
  }
}

/** Continues a killed run at once and checks that nothing was lost and nothing recorded was done again. */
async function checkRecovery(trial: Trial): Promise<void> {
  const before = await trial.recorded();
  const complete = before.pointers.filter(({ status }) => status === "Complete");
  const effectsOfComplete = trial.effects.filter((line) =>
    complete.some(({ stepKey }) => line.startsWith(stepKey))
  );
  const existed = before.pointers.length > 0;

  const { code, stdout, stderr } = await trial.wfe("never", ...(existed ? trial.resume : trial.start));
  equal(code, 0, stderr);
  const last = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
  deepEqual([last.type, last.runId, last.status, last.data], [
    "run",
    runId,
    "Complete",
    { seen: "007", doubled: "007007" },
  ]);

  const after = await trial.recorded();
  deepEqual(
    after.pointers.map(({ stepKey, status }) => [stepKey, status]),
    stepNames.map((name) => [name, "Complete"]),
  );
  for (const pointer of complete) {
    deepEqual(after.pointers.find(({ id }) => id === pointer.id), pointer, "a recorded step never changes");
  }
  const again = trial.effects.filter((line) => complete.some(({ stepKey }) => line.startsWith(stepKey)));
  deepEqual(again, effectsOfComplete, "a recorded step never runs again");
  for (const name of ["First", "Third", "Fourth"]) {
    equal(trial.effects.filter((line) => line.startsWith(name) && line.endsWith("end")).length <= 2, true);
    const begun = trial.effects.filter((line) => line.startsWith(name) && line.endsWith("begin"));
    deepEqual(begun, [...new Set(begun)], "each attempt has a number of its own");
    ok(begun.length >= 1);
  }
  ok(before.log.every((line) => after.log.includes(line)), "the log of an interrupted attempt is kept");
}

async function reachedPoints(): Promise<string[]> {
  await using trial = new Trial();
  const { code, stderr } = await trial.wfe("never", ...trial.start);
  equal(code, 0, stderr);
  return trial.reached;
}

/** Tries each, two at a time; an error names the one that it is about. */
async function tryEach<Item>(items: Iterable<Item>, attempt: (item: Item) => Promise<void>): Promise<void> {
  const rest = Iterator.from(items);
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); !next.done; next = rest.next()) {
      await attempt(next.value).catch((cause) => {
        throw new Error(`killed at ${next.value}: ${cause.message}`, { cause });
      });
    }
  };
  await Promise.all([worker(), worker()]);
}

Deno.test("a run that is killed at any commit point completes after resume", async () => {
  const points = await reachedPoints();
  ok(points.includes("create 1 after") && points.includes("commit 4 before"), `reached were ${points}`);
  await tryEach(points, async (point) => {
    await using trial = new Trial();
    const { code } = await trial.wfe(point, ...trial.start);
    equal(code, 137, "killed by SIGKILL");
    await checkRecovery(trial);
  });
});

Deno.test("a run that is killed at 20 random times completes after resume", async () => {
  // Spread over the life of the process, with chance within each share of it.
  const delays = Array.from({ length: 20 }, (_, number) => `${Math.round((number + Math.random()) * 60)} ms`);
  await tryEach(delays, async (delay) => {
    await using trial = new Trial();
    const child = trial.spawn("never", ...trial.start);
    const output = child.output();
    const timer = setTimeout(() => child.kill("SIGKILL"), parseInt(delay));
    // Who has ended cannot be killed, even before its output has.
    await child.status.finally(() => clearTimeout(timer));
    await output;
    await checkRecovery(trial);
  });
});

Deno.test("a run that is killed again and again gets on with each resume", async () => {
  await using trial = new Trial();
  equal((await trial.wfe("commit 2 after", ...trial.start)).code, 137);
  for (const point of ["claim 1 after", "claim 1 before", "commit 1 before", "commit 2 before"]) {
    equal((await trial.wfe(point, ...trial.resume)).code, 137);
  }
  await checkRecovery(trial);
});

Deno.test("a killed run's step runs again after its processes are ended, and both attempts' logs are kept", async () => {
  await using trial = new Trial();
  const child = trial.spawn("never", ...trial.startOf("lingering.yaml"));
  const output = child.output();
  const printed = (log: readonly string[]) => log.some((line) => line.startsWith("attempt 1"));
  await eventually(async () => printed((await trial.recorded()).log), 60_000, "the first attempt prints");
  child.kill("SIGKILL");
  await output;
  const { code, stderr } = await trial.wfe("never", ...trial.resume);
  equal(code, 0, stderr);
  const { log } = await trial.recorded();
  deepEqual(log, ["attempt 1 goes on for a minute", "attempt 2 finds nothing of attempt 1"]);
});
