/**
 * Every commit point of every primitive: the host dies just before and just after each write, another takes over, and
 * what can be observed in the end is what it is without a crash. Then once more, with the one that takes over dying too.
 */
import { deepEqual } from "node:assert/strict";
import { trialStores } from "./sweep/stores.ts";
import { type Extent, most, movingWrites, ownWrites, Sweep } from "./sweep/sweep.ts";
import { scenarios } from "./workload/all.ts";

/** What is swept, by store. */
const extents: Readonly<Record<string, Extent>> = {
  memory: () => ({ alone: true, again: true }),
  // Many times slower: there, what hosts write whatever they run is crashed at in the first workflow alone, and each
  // point either with another crash behind it or without.
  sqlite(write, isFirst, index) {
    const isSwept = isFirst || movingWrites.includes(write);
    const again = index % 4 > 1;
    return { alone: isSwept && !again, again: isSwept && again };
  },
};

for (const [name, open] of Object.entries(trialStores)) {
  Deno.test(`a crash at any commit point of any primitive changes nothing, on ${name}`, async () => {
    const sweep = new Sweep(open, extents[name]!);
    for (const scenario of scenarios) {
      if (sweep.failed.length < most) await sweep.run(scenario, scenario === scenarios[0]);
    }
    console.log(`crash points on ${name}: ${sweep.line}`);
    deepEqual(sweep.failed.slice(0, most), []);
    deepEqual(
      [...sweep.reached].sort(),
      [...movingWrites, ...ownWrites].sort(),
      "every write has been crashed at",
    );
  });
}
