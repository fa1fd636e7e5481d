import { WorkflowHostBuilder } from "../../mod.ts";
import { claimInstance } from "../../src/flow/claim.ts";
import { makeProgram } from "../../src/flow/program.ts";
import { getCode } from "../../src/definition/code.ts";
import { tenSteps } from "../workflows.ts";
import { BenchStore } from "./store.ts";

/** Due runs that are claimed in each round, and how many at a time. */
const [due, batch] = [3_000, 100];
const rounds = 9;

/** Claims a second, round by round. */
export interface ClaimRates {
  /** In a store with nothing else. */
  readonly empty: readonly number[];
  /** Beside the runs that have ended. */
  readonly full: readonly number[];
  /** How often a whole table of runs was read beside these. */
  readonly scans: number;
}

/** Claims in a store without, and in one with so many runs that have ended: by turns, for a machine is seldom ours alone. */
export async function measureFinished(server: string, count: number): Promise<ClaimRates> {
  await using without = await BenchStore.open(server, "wfe_bench_empty");
  await using beside = await BenchStore.open(server, "wfe_bench_full");
  const [waiting] = await examples(without);
  const [, ended] = await examples(beside);
  await beside.copy(ended, "old-", count);
  await without.settle();
  await beside.settle();
  const rates = { empty: [] as number[], full: [] as number[] };
  // Warm.
  await claimsPerSecond(without, waiting);
  await claimsPerSecond(beside, waiting);
  const before = await beside.scans();
  for (let round = 0; round < rounds; round++) {
    const turn = [
      async () => void rates.empty.push(await claimsPerSecond(without, waiting)),
      async () => void rates.full.push(await claimsPerSecond(beside, waiting)),
    ];
    for (const measure of round % 2 === 0 ? turn : turn.reverse()) await measure();
  }
  return { ...rates, scans: await beside.scans() - before };
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
  const incarnation = `bench-${crypto.randomUUID()}`;
  await store.renewHost({ incarnation, pid: Deno.pid }, 600_000);
  await at.copy(waiting, "due-", due);
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
  const rate = due / ((performance.now() - started) / 1_000);
  await at.all("DELETE FROM @wfe_instance WHERE id LIKE 'due-%'");
  return rate;
}
