/**
 * Everything that must hold before a commit, in the order of its cost. Stops at the first stage that fails; the last
 * line counts the tests.
 *
 * @module
 */
import { run } from "./run.ts";

const manifest = JSON.parse(await Deno.readTextFile("deno.json"));
const entries = Object.values<string>(manifest.exports);

const stages: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["format", ["fmt", "--check"]],
  ["lint", ["lint"]],
  ["types", ["check"]],
  ["layers", ["run", "--allow-read", "--allow-run=deno", "scripts/layers.ts"]],
  ["documentation", ["doc", "--lint", ...entries]],
  ["package", ["publish", "--dry-run", "--allow-dirty"]],
  ["documented examples", ["task", "test:docs"]],
  ["coverage", ["task", "coverage"]],
  ["siege", ["task", "test:siege"]],
  ["tests and examples", ["task", "test"]],
];

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const [name, args] of stages) {
  console.log(`\n── ${name}: deno ${args.join(" ")}`);
  const started = performance.now();
  const { code, output } = await run("deno", args);
  if (code !== 0) {
    console.error(`\n${name} failed with exit code ${code}`);
    Deno.exit(1);
  }
  console.log(`── ${name} took ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  for (const [, count, what] of last.matchAll(/(\d+) (passed|failed|skipped)/g)) {
    counts[what as keyof typeof counts] += Number(count);
  }
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
