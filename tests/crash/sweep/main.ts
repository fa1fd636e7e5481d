/**
 * Crashes at every commit point: `--store memory`, `sqlite` or `postgres`; `--share 2/10` tries the second of ten parts, drawn by chance, the same each time.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { SeededRandom } from "../seeded_random.ts";
import { everything } from "./choices.ts";
import { type OpenTrialStore, trialStores } from "./stores.ts";
import { Sweep } from "./sweep.ts";

const { values } = parseArgs({
  options: { store: { type: "string", default: "postgres" }, share: { type: "string", default: "1/1" } },
});
const [part, parts] = values.share.split("/").map(Number) as [number, number];

/** The store, and what can happen to its hosts. */
async function opened(name: string): Promise<{ readonly open: OpenTrialStore } & AsyncDisposable> {
  if (name === "memory" || name === "sqlite") {
    return { open: trialStores[name], [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  if (name !== "postgres") throw new Error(`Cannot sweep ${name}: --store is memory, sqlite or postgres`);
  const { SweptSchema } = await import("./postgres_store.ts");
  const swept = await SweptSchema.make();
  return { open: (clock) => swept.open(clock), [Symbol.asyncDispose]: () => swept[Symbol.asyncDispose]() };
}

await using store = await opened(values.store);
const all = everything(["death", "two deaths", ...values.store === "postgres" ? ["loss" as const] : []]);
const sweep = new Sweep(store.open);
const random = new SeededRandom("share");
await sweep.run((points) => [...all(points)].filter(() => random.int(1, parts) === part));
console.log(`crash points on ${values.store}: ${sweep.line}`);
for (const problem of sweep.failed) console.error(problem);
Deno.exitCode = sweep.failed.length > 0 ? 1 : 0;
