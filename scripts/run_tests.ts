/**
 * Runs the tests and ends with the line `N passed, N failed, N skipped`. Arguments go to `deno test`.
 *
 * @module
 */
import { run } from "./run.ts";

const permissions = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-net=127.0.0.1,localhost",
  "--allow-run=deno,bash,sh,dash,script,env,tmux",
];

const { code, output } = await run("deno", ["test", ...permissions, ...Deno.args]);
const counts = (word: string) =>
  Number(output.match(new RegExp(`(\\d+) ${word}`, "g"))?.at(-1)?.split(" ")[0] ?? 0);
console.log(`${counts("passed")} passed, ${counts("failed")} failed, ${counts("ignored")} skipped`);
Deno.exit(code);
