/**
 * Every commit point of every primitive: the host dies just before and just after each write, another takes over, and
 * what can be observed in the end is what it is without a crash.
 */
import { deepEqual } from "node:assert/strict";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";
import { MemoryPersistence } from "../../src/memory/persistence.ts";
import type { Persistence } from "../../src/provider/persistence.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { Trial, type TrialReport, type TrialStore } from "./sweep/trial.ts";
import { scenarios } from "./workload/all.ts";
import { planOf } from "./workload/named_plan.ts";
import type { Scenario } from "./workload/scenario.ts";

/** What they come to depends on when somebody interferes, or on which branch is first. */
const racing = new Set(["any", "cancelled", "suspended", "terminated", "ending"]);

const stores: Readonly<Record<string, (clock: VirtualClock) => TrialStore>> = {
  memory: (clock) => {
    const store = new MemoryPersistence({ clock });
    return {
      connect: () => Promise.resolve(store),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  },
  sqlite: (clock) => {
    const folder = Deno.makeTempDirSync({ prefix: "wfe-sweep-" });
    const open: AsyncDisposable[] = [];
    return {
      async connect(): Promise<Persistence> {
        const store = await SqliteProvider.open(`${folder}/test.db`, {
          clock,
          durability: "process",
          writer: "main",
        });
        open.push(store);
        return store;
      },
      async [Symbol.asyncDispose](): Promise<void> {
        for (const store of open) await store[Symbol.asyncDispose]();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
};

async function attempt(
  open: (clock: VirtualClock) => TrialStore,
  scenario: Scenario,
  fatal: string | null,
): Promise<TrialReport> {
  const clock = new VirtualClock();
  await using store = open(clock);
  return await new Trial(clock, store, planOf("sweep", 1, [scenario]), fatal).run();
}

for (const [name, open] of Object.entries(stores)) {
  Deno.test(`a crash at any commit point of any primitive changes nothing, on ${name}`, async () => {
    const failed: string[] = [];
    let points = 0;
    for (const scenario of scenarios) {
      const calm = await attempt(open, scenario, null);
      failed.push(...calm.violations.map((text) => `${scenario.id}: ${text}`));
      for (const point of calm.points) {
        points++;
        const { violations, observed } = await attempt(open, scenario, point);
        const all = [...violations];
        if (!racing.has(scenario.id)) {
          const strange = observed.filter((line) => !calm.observed.includes(line));
          const missing = calm.observed.filter((line) => !observed.includes(line));
          all.push(...strange.map((line) => `has ${line}`), ...missing.map((line) => `lacks ${line}`));
        }
        failed.push(...all.map((text) => `${scenario.id}, ${point}: ${text}`));
      }
    }
    console.log(
      `crash points on ${name}: ${points} of ${scenarios.length} workflows, ${failed.length} violations`,
    );
    deepEqual(failed.slice(0, 20), []);
  });
}
