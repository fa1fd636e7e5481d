/**
 * A cluster on a server of its own, to which everything is done that is known to be done to clusters:
 * `--hosts 8 --workflows 5000 --minutes 10 --seed c`. Each minute has a store of its own.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { describe } from "../crash/checkers/all.ts";
import { type Act, both, cutOffs, kill, rejoin, restart, stall } from "./acts.ts";
import { runCluster } from "./cluster.ts";
import { OwnServer } from "./own_server.ts";
import { figures } from "./report.ts";
import { sleep } from "../crash/kill_loop/wait.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "4" },
    workflows: { type: "string", default: "1000" },
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "c" },
    port: { type: "string", default: "5447" },
  },
});
const minutes = Math.max(1, Math.round(Number(values.minutes)));

await using server = await OwnServer.start(Number(values.port));
const acts: readonly Act[] = [
  ...Array<Act>(4).fill(kill),
  stall,
  ...cutOffs,
  restart(server, "fast"),
  restart(server, "immediate"),
];

/** Anything at all, again and again for so many milliseconds. */
function anything(duration: number): Act {
  return async (cluster) => {
    const end = performance.now() + duration;
    while (performance.now() < end) {
      await sleep(cluster.random.span(500));
      await cluster.random.pick(acts)(cluster);
    }
  };
}

let violated = 0;
for (let minute = 0; minute < minutes; minute++) {
  const seed = `${values.seed}${minute}`;
  const report = await runCluster({
    seed,
    hosts: Number(values.hosts),
    workflows: Math.ceil(Number(values.workflows) / minutes),
    port: server.port,
    networks: true,
    disturb: both(anything(60_000), rejoin),
  });
  console.log(`${seed}: ${figures(report)}`);
  for (const violation of report.violations.slice(0, 20)) console.error(`${seed}: ${describe(violation)}`);
  violated += report.violations.length;
}
console.log(`${violated} violations`);
Deno.exitCode = violated > 0 ? 1 : 0;
