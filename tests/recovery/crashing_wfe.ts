/**
 * The `wfe` command that kills itself at a named commit point: `crashing_wfe.ts POINT REACHED-FILE ARGUMENTS…`.
 * It appends the name of each point to the file before it goes on or dies.
 *
 * @module
 */
import { main } from "../../cli/mod.ts";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";
import { withCrashPoints } from "../../src/testing/crash_points.ts";

const [fatal, reachedFile, ...args] = Deno.args;

function reach(point: string): void {
  Deno.writeTextFileSync(reachedFile!, `${point}\n`, { append: true });
  if (point === fatal) Deno.kill(Deno.pid, "SIGKILL");
}

Deno.exit(
  await main(args, { openStore: async (path) => withCrashPoints(await SqliteProvider.open(path), reach) }),
);
