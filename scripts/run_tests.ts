/**
 * Runs the tests, shows which provider keeps which contract, and ends with the line `N passed, N failed, N skipped`.
 * Arguments go to `deno test`; without any, all tests but the siege run, in three parts beside each other.
 *
 * @module
 */
import { contractMatrix } from "./contract_matrix.ts";
import { run, type RunOptions } from "./run.ts";

const permissions = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-net=127.0.0.1,localhost",
  // What the client of OpenSearch asks for when it is loaded.
  "--allow-sys=osRelease",
  "--allow-run=deno,bash,sh,dash,script,env,tmux",
];

const words = ["passed", "failed", "ignored"] as const;

async function test(
  args: readonly string[],
  options?: RunOptions,
): Promise<{ code: number; output: string; counts: number[] }> {
  const { code, output } = await run("deno", ["test", ...permissions, ...args], options);
  const counts = words.map((word) =>
    Number(output.match(new RegExp(`(\\d+) ${word}`, "g"))?.at(-1)?.split(" ")[0] ?? 0)
  );
  return { code, output, counts };
}

const siege = ["tests/escape", "tests/shell_faults", "tests/stuck"];
const crashes = ["tests/crash", "providers"];
const programs = ["tests/cli", "tests/cluster", "tests/recovery", "tests/secrets", "tests/examples_test.ts"];
const parts = Deno.args.length > 0 ? [test(Deno.args)] : [
  test([`--ignore=${[...siege, ...crashes, ...programs]}`]),
  test(crashes, { printedAtEnd: true }),
  test(programs, { printedAtEnd: true }),
];
const results = await Promise.all(parts);
const matrix = contractMatrix(results.map(({ output }) => output).join("\n"));
if (matrix) console.log(`\n${matrix}\n`);
if (results.length > 1) {
  // What failed is told once more, at the end, where it is looked for.
  for (const { output } of results) console.log(output.match(/^ ERRORS $[^]*/m)?.[0] ?? "");
}
const [passed, failed, skipped] = words.map((_, word) =>
  results.reduce((sum, { counts }) => sum + counts[word]!, 0)
);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
Deno.exit(results.find(({ code }) => code !== 0)?.code ?? 0);
