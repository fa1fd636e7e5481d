import { WorkflowHostBuilder } from "../../mod.ts";
import { claimInstance } from "../../src/flow/claim.ts";
import { makeProgram } from "../../src/flow/program.ts";
import { getCode } from "../../src/definition/code.ts";
import { percentile } from "../figures.ts";
import { tenSteps } from "../workflows.ts";
import { BenchStore } from "./store.ts";

/** Due runs that are claimed in each round, and how many at a time. */
const [due, batch] = [3_000, 100];
const rounds = 5;

/** Claims a second, and how often they read a whole table, without and with so many runs that have ended. */
export async function measureFinished(
  server: string,
  count: number,
): Promise<{ readonly without: number; readonly with: number; readonly scans: number }> {
  await using at = await BenchStore.open(server);
  const [waiting, ended] = await examples(at);
  await claimsPerSecond(at, waiting); // Warm.
  const without = await claimsPerSecond(at, waiting);
  await at.copy(ended, "old-", count);
  await at.settle();
  const before = await at.scans();
  const claims = await claimsPerSecond(at, waiting);
  return { without, with: claims, scans: await at.scans() - before };
}

/** A run that is due, and one that has ended. */
async function examples(at: BenchStore): Promise<readonly [waiting: string, ended: string]> {
  const { store } = at;
  const starter = new WorkflowHostBuilder().usePersistence(store).build();
  starter.registerWorkflow(tenSteps());
  const ended = await starter.startWorkflow("ten-steps", {}, { runId: "ended" });
  await using host = new WorkflowHostBuilder().usePersistence(store).build();
  host.registerWorkflow(tenSteps());
  await host.start();
  await host.getHandle(ended.id).result();
  await host.stop();
  const waiting = await starter.startWorkflow("ten-steps", {}, { runId: "waiting" });
  // Its copies are due, it is not.
  await at.all(`UPDATE @wfe_instance SET next_wake = ${Number.MAX_SAFE_INTEGER} WHERE id = 'waiting'`);
  return [waiting.id, ended.id];
}

async function claimsPerSecond(at: BenchStore, waiting: string): Promise<number> {
  const { store } = at;
  const definition = tenSteps();
  const program = makeProgram(definition, getCode(definition).steps);
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const incarnation = `bench-${crypto.randomUUID()}`;
    await store.renewHost({ incarnation, pid: Deno.pid }, 600_000);
    await at.copy(waiting, `due-${round}-`, due);
    await at.all("UPDATE @wfe_instance SET next_wake = 0 WHERE id LIKE 'due-%'");
    const started = performance.now();
    let claimed = 0;
    while (claimed < due) {
      const taken = await store.claim({
        incarnation,
        limit: batch,
        crashes: { from: 0, to: 0 },
        take: (state, mail) =>
          claimInstance(state, incarnation, program, { now: store.now(), random: 0.5, begin: true }, mail),
      });
      claimed += taken.length;
    }
    rates.push(due / ((performance.now() - started) / 1_000));
    await at.all("DELETE FROM @wfe_instance WHERE id LIKE 'due-%'");
  }
  return percentile(rates, 0.5);
}
