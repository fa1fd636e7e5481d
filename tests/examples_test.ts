import { deepEqual, equal, match, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { SqliteProvider } from "../providers/sqlite/mod.ts";
import type { Pointer } from "../src/instance/instance.ts";
import { expected } from "./examples/expected.ts";

const root = new URL("../", import.meta.url);

/** The command that an example's first comment gives. */
function commandOf(name: string): string[] {
  if (name.endsWith(".yaml")) return config.tasks.demo.command.split(" ");
  const text = Deno.readTextFileSync(new URL(`examples/${name}`, root));
  const command = /^ \* {5}(deno run .*)$/m.exec(text)?.[1];
  ok(command, `examples/${name} does not say how to run it`);
  return command.split(" ");
}

for (const [name, output] of Object.entries(expected)) {
  Deno.test(`examples/${name} does what it says, with the permissions it names`, async () => {
    const [program, ...args] = commandOf(name);
    equal(program, "deno");
    const { code, stdout, stderr } = await new Deno.Command("deno", { args, cwd: root, stdin: "null" })
      .output();
    const decoder = new TextDecoder();
    equal(code, 0, decoder.decode(stderr));
    const printed = decoder.decode(stdout);
    if (output instanceof RegExp) match(printed, output);
    else deepEqual(printed.trimEnd().split("\n"), output);
  });
}

const pizza = "24_pizza.ts";

Deno.test("every example that can be run is run by these tests", () => {
  for (const { name } of Deno.readDirSync(new URL("examples", root))) {
    ok(name in expected || name === "03_deploy.yaml" || name === pizza, `examples/${name} is not tested`);
  }
});

/** A module that lets a program stand still once it has printed a line that begins so, until it is killed there. */
function halting(fatal: string): string {
  const beginning = JSON.stringify(fatal);
  const text = `
    const { log } = console;
    console.log = (line) => {
      log(line);
      if (line.startsWith(${beginning})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    };`;
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

/** A kitchen of its own for the pizza example. */
class Kitchen implements Disposable {
  readonly #folder = Deno.makeTempDirSync({ prefix: "wfe-pizza-" });

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }

  /** Starts the example, and kills it when it has printed a line that begins so. Returns its last line and exit code. */
  async run(fatal?: string): Promise<{ readonly last: string; readonly code: number }> {
    const args = commandOf(pizza).slice(1).map((word) =>
      word.startsWith("examples/") ? fileURLToPath(new URL(word, root)) : word
    );
    if (fatal !== undefined) args.splice(1, 0, `--preload=${halting(fatal)}`);
    const options = { args, cwd: this.#folder, stdin: "null", stdout: "piped", stderr: "inherit" } as const;
    const child = new Deno.Command("deno", options).spawn();
    let printed = "\n";
    let killed = fatal === undefined;
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      printed += chunk;
      if (killed || !printed.includes(`\n${fatal}`)) continue;
      child.kill("SIGKILL");
      killed = true;
    }
    return { last: printed.trimEnd().split("\n").at(-1)!, code: (await child.status).code };
  }

  /** The activations that are recorded. */
  async recorded(): Promise<readonly Pointer[]> {
    await using store = await SqliteProvider.open(`${this.#folder}/.wfe/pizza.db`);
    const [run] = await store.list({ limit: 1 });
    return await store.pointers(run!.id);
  }

  /** What was done, noted outside the database: idempotency key and step. */
  get effects(): readonly string[] {
    return Deno.readTextFileSync(`${this.#folder}/.wfe/pizza.log`).trimEnd().split("\n");
  }
}

/** The steps that leave a trace outside the database, as often as they are to be done. */
const traced = [
  ...["Charge", "Sauce", "Cheese", "Gift", "Stretch", "Stretch"],
  ...["Topping", "Topping", "Topping", "Reserve", "Pay", "Bake"],
];

/** Checks that what was recorded before is as it was, that every step was done, and what was recorded only once. */
async function checkPizza(kitchen: Kitchen, before: readonly Pointer[]): Promise<void> {
  const { effects } = kitchen;
  const after = new Map((await kitchen.recorded()).map((pointer) => [pointer.id, pointer]));
  ok(after.values().every(({ status }) => status === "Complete"));
  const done = new Set(effects).values().map((line) => line.split(" ")[1]);
  deepEqual([...done].toSorted(), traced.toSorted(), "each activation keeps its key, the charge too");
  for (const { id, stepKey, status, output, endedAt } of before) {
    if (status !== "Complete") continue;
    const kept = after.get(id)!;
    deepEqual([kept.status, kept.output, kept.endedAt], [status, output, endedAt], "what is recorded stays");
    if (!traced.includes(stepKey)) continue;
    const times = effects.filter((line) => line.endsWith(`/${id} ${stepKey}`)).length;
    equal(times, 1, `${stepKey} is recorded, so it is done once`);
  }
}

Deno.test(`examples/${pizza} completes, and started again finds the same order`, async () => {
  using kitchen = new Kitchen();
  const first = await kitchen.run();
  deepEqual([first.code, kitchen.effects.length], [0, traced.length]);
  match(first.last, /^order \w+ is Complete, 0 stretches left$/);
  const before = await kitchen.recorded();
  deepEqual(await kitchen.run(), first);
  await checkPizza(kitchen, before);
});

for (const moment of ["charge", "cheese", "stretch, 1", "add olives", "pay the courier", "into the oven"]) {
  Deno.test(`examples/${pizza} completes after a kill -9 at the moment "${moment}"`, async () => {
    using kitchen = new Kitchen();
    equal((await kitchen.run(moment)).code, 137, "killed by SIGKILL");
    const before = await kitchen.recorded();
    const { code, last } = await kitchen.run();
    equal(code, 0);
    match(last, /^order \w+ is Complete, 0 stretches left$/);
    await checkPizza(kitchen, before);
  });
}
