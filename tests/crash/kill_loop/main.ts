/**
 * Kills engine processes at random moments: `--kills N --seed S`, `--store sqlite` or `postgres`, `--history full` or the
 * number of iterations of loops that are kept. Each thousand kills has a store of its own.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { killLoop } from "./kill_loop.ts";
import { figures, type KillReport, problems } from "./report.ts";

const most = 1_000;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    seed: { type: "string", default: "k" },
    history: { type: "string", default: "full" },
    store: { type: "string", default: "sqlite" },
  },
});
const history = values.history === "full" ? "full" : { last: Number(values.history) };

const { store } = values;
if (store !== "sqlite" && store !== "postgres") {
  throw new Error(`Cannot kill engines on ${store}: --store is sqlite or postgres`);
}

const reports: KillReport[] = [];
let failed = false;
for (let left = Number(values.kills); left > 0; left -= most) {
  const seed = `${values.seed}${reports.length}`;
  const report = await killLoop({ kills: Math.min(left, most), seed, history, store });
  reports.push(report);
  if (Number(values.kills) > most) console.log(`${seed}: ${figures([report])}`);
  for (const problem of problems(report)) console.error(`${seed}: ${problem}`);
  failed ||= report.violations.length > 0;
}
console.log(figures(reports));
if (failed) Deno.exit(1);
