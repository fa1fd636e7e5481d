/**
 * Every commit point of every primitive: the host dies just before and just after each write, another takes over, and
 * what can be observed in the end is what it is without a crash. Then once more, with the one that takes over dying too.
 */
import { deepEqual } from "node:assert/strict";
import { testPostgres } from "../../providers/postgres/testing_postgres.ts";
import { eachOnce, everything, movingStatements, movingWrites, ownWrites, sample } from "./sweep/choices.ts";
import { type OpenTrialStore, trialStores } from "./sweep/stores.ts";
import { type Choice, most, Sweep } from "./sweep/sweep.ts";

async function changesNothing(name: string, open: OpenTrialStore, choose: Choice): Promise<Set<string>> {
  const sweep = new Sweep(open);
  await sweep.run(choose);
  console.log(`crash points on ${name}: ${sweep.line}`);
  deepEqual(sweep.failed.slice(0, most), []);
  return sweep.reached;
}

/** Both sides of writes, where hosts die. */
function deathsAt(writes: readonly string[]): string[] {
  return writes.flatMap((write) => [`${write} after: death`, `${write} before: death`]);
}

/** What is swept, by store. On SQLite, many times slower, each point is tried one of the ways. */
const choices = { memory: everything(["death", "two deaths"]), sqlite: eachOnce };

for (const name of ["memory", "sqlite"] as const) {
  Deno.test(`a crash at any commit point of any primitive changes nothing, on ${name}`, async () => {
    const reached = await changesNothing(name, trialStores[name], choices[name]);
    const expected = deathsAt([...movingWrites, ...ownWrites]).sort();
    deepEqual([...reached].sort(), expected, "every write has been crashed at");
  });
}

testPostgres(
  "a crash, or the loss of a connection, before or after any statement changes nothing, on postgres",
  async () => {
    const { SweptSchema } = await import("./sweep/postgres_store.ts");
    await using swept = await SweptSchema.make();
    const reached = await changesNothing("postgres", (clock) => swept.open(clock), sample(32));
    const expected = [
      ...deathsAt(movingStatements),
      ...movingStatements.map((write) => `${write} after: loss`),
    ];
    deepEqual(expected.filter((each) => !reached.has(each)), [], "whatever moves runs has been crashed at");
  },
);
