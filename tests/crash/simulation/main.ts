/**
 * Simulates hosts over a store in memory, with faults, in virtual time: `--seed S` replays one seed and prints all that
 * happens, `--seeds N` runs many from `--from F`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Figures, replaying } from "./report.ts";
import { simulate } from "./simulation.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "10000" },
    from: { type: "string", default: "1" },
  },
});

const figures = new Figures(replaying);
if (values.seed !== undefined) {
  const report = await simulate({ seed: values.seed, onLine: (line) => console.log(line) });
  figures.add(values.seed, report);
  console.log(`digest ${report.digest}`);
} else {
  const from = Number(values.from);
  for (let number = from; number < from + Number(values.seeds); number++) {
    const seed = `s${number}`;
    figures.add(seed, await simulate({ seed }));
  }
}
for (const failure of figures.failed) console.error(failure);
console.log(figures.line);
if (figures.failed.length > 0) Deno.exit(1);
