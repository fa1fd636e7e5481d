import assert from "node:assert/strict";
import { MemoryPersistence, WorkflowHostBuilder } from "../../mod.ts";
import { ScriptExecutor } from "../../executors/script.ts";
import { ShellExecutor } from "../../executors/shell.ts";
import { LONGEST_LINE } from "../../executors/process/line_splitter.ts";
import { wrapped } from "../../src/engine/testing_host.ts";
import { parseWorkflow } from "../../src/yaml/mod.ts";
import { runFault } from "./shell_fault.ts";

/** Bytes that the engine may have more while a step prints as fast as it can, however much it prints. */
const mostMemory = 160 * 1024 ** 2;

/** Runs commands, and counts what they print. */
async function measure(
  script: string,
): Promise<{ characters: number; lines: number; longest: number; memory: number }> {
  const before = Deno.memoryUsage().rss;
  const seen = { characters: 0, lines: 0, longest: 0, memory: 0 };
  const { error } = await runFault(script, {
    onLine: (_, line) => {
      seen.characters += line.length;
      seen.longest = Math.max(seen.longest, line.length);
      if (seen.lines++ % 1000 === 0) seen.memory = Math.max(seen.memory, Deno.memoryUsage().rss - before);
    },
  });
  assert.equal(error, undefined);
  return seen;
}

Deno.test("a shell step may print 1 GB: all of it is read, in bounded memory", async () => {
  const { characters, memory } = await measure("{ yes $(printf '%0999d' 0) || :; } | head -c 1000000000");
  assert.equal(characters, 999_000_000);
  assert.ok(memory < mostMemory, `${memory}`);
});

Deno.test("a line of 100 MB is read in pieces, in bounded memory", async () => {
  const { characters, lines, longest, memory } = await measure(
    "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo end",
  );
  assert.deepEqual([characters, longest], [100_000_003, LONGEST_LINE]);
  assert.equal(lines, Math.ceil(100_000_000 / LONGEST_LINE) + 1);
  assert.ok(memory < mostMemory, `${memory}`);
});

Deno.test("a progress bar of 20 MB without a line feed is one line, its last state", async () => {
  const { lines } = await runFault(
    "for i in 1 2; do { yes \"$(printf '50%%\\r')\" || :; } | { tr -d '\\n' || :; } | head -c 10000000; done; echo '100%'",
  );
  assert.deepEqual(lines, [["stdout", "100%"]]);
});

Deno.test("colours and other sequences of terminals reach the log as they are", async () => {
  const { lines } = await runFault(
    "printf '\\033[1;31mred\\033[0m \\033]0;title\\007\\n'; printf '\\033[3'; sleep 0.1; printf '2mgreen\\n'",
  );
  assert.deepEqual(lines.map(([, line]) => line), ["\x1b[1;31mred\x1b[0m \x1b]0;title\x07", "\x1b[32mgreen"]);
});

Deno.test("bytes that are no text become one that every store keeps, and are not lost", async () => {
  const { characters } = await measure(
    "head -c 5000000 /dev/zero; echo; head -c 5000000 /dev/zero | tr '\\0' '\\377'",
  );
  assert.equal(characters, 10_000_000);
  const { lines } = await runFault("printf 'a\\0b\\n\\377\\376c\\n'");
  assert.deepEqual(lines.map(([, line]) => line), ["a\u2400b", "\ufffd\ufffdc"]);
});

const manyLines = 300_000;

for (
  const [what, step] of [
    ["a shell step", `config: { run: seq ${manyLines} }`],
    [
      "a script",
      `type: deno, config: { script: "const text = Array.from({ length: ${manyLines} }, (_, n) => n + 1).join('\\\\n') + '\\\\n';
        Deno.stdout.writeSync(new TextEncoder().encode(text));" }`,
    ],
  ] as const
) {
  Deno.test(`what ${what} prints faster than the store takes it waits: a host holds little, and all is kept`, async () => {
    await using memory = new MemoryPersistence();
    let largest = 0;
    const store = wrapped(memory, "appendLog", async (append, call, [lines]) => {
      largest = Math.max(largest, (lines as readonly unknown[]).length);
      if (call < 5) await new Promise((resolve) => setTimeout(resolve, 100));
      return await append();
    });
    await using host = new WorkflowHostBuilder().usePersistence(store)
      .useExecutor(new ShellExecutor()).useExecutor(new ScriptExecutor()).build();
    host.registerWorkflow(parseWorkflow(`
workflow:
  id: short-lines
  version: 1
  steps:
    - { name: Print, ${step} }
`));
    await host.start();
    const run = await host.startWorkflow("short-lines");
    await run.result();
    assert.ok(largest < manyLines / 6, `${largest}`);
    const lines = await memory.readLog(run.id, { limit: 2 * manyLines });
    assert.equal(lines.length, manyLines);
    assert.ok(lines.every(({ text }, index) => text === String(index + 1)));
  });
}

Deno.test("of what exceeds the log nothing is lost without being counted", async () => {
  const limit = 20_000;
  await using store = new MemoryPersistence();
  await using host = new WorkflowHostBuilder().usePersistence(store).payloadLimits({ log: limit })
    .useExecutor(new ShellExecutor()).build();
  host.registerWorkflow(parseWorkflow(`
workflow:
  id: flood
  version: 1
  steps:
    - name: Flood
      config:
        run: '{ yes 123456789 || :; } | head -c 10000000'
`));
  await host.start();
  const run = await host.startWorkflow("flood");
  await run.result();
  const lines = await store.readLog(run.id, { limit: 9_999 });
  const [, missing] = /^The log of this step is full: (\d+) more bytes/.exec(lines.at(-1)!.text) ?? [];
  const kept = lines.slice(0, -1);
  assert.ok(kept.every(({ text }) => text === "123456789"));
  assert.ok(kept.length > 100 && kept.length * 10 <= limit);
  assert.equal(kept.length * 10 + Number(missing), 10_000_000);
});
