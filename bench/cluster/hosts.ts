import { WorkflowHostBuilder } from "../../mod.ts";
import { tenSteps } from "../workflows.ts";
import { HostProcess } from "./host_process.ts";
import { BenchStore } from "./store.ts";

/** What hosts did together. */
export interface Shared {
  /** Steps a second, from the start of the hosts to the end of the last run. */
  readonly rate: number;
  /** Steps that were run more often than once, or not at all. */
  readonly astray: number;
}

/** So many hosts, each in a process of its own, run workflows of ten steps that wait for them. */
export async function measureHosts(server: string, count: number, workflows: number): Promise<Shared> {
  await using at = await BenchStore.open(server);
  await enqueue(at, workflows);
  const hosts = Array.from({ length: count }, () => new HostProcess(at.url));
  await Promise.all(hosts.map((host) => host.ready()));
  const started = performance.now();
  await Promise.all(hosts.map((host) => host.go()));
  while (await open(at) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const seconds = (performance.now() - started) / 1_000;
  const run = (await Promise.all(hosts.map((host) => host.stop()))).reduce((sum, steps) => sum + steps, 0);
  return { rate: (10 * workflows) / seconds, astray: Math.abs(run - 10 * workflows) };
}

async function enqueue({ store }: BenchStore, workflows: number): Promise<void> {
  // It is not started: what it starts belongs to nobody.
  const host = new WorkflowHostBuilder().usePersistence(store).build();
  host.registerWorkflow(tenSteps());
  let left = workflows;
  await Promise.all(Array.from({ length: 100 }, async () => {
    while (left-- > 0) await host.startWorkflow("ten-steps");
  }));
}

async function open(at: BenchStore): Promise<number> {
  const [row] = await at.all<{ readonly open: number }>(
    "SELECT count(*)::integer AS open FROM @wfe_instance WHERE ended_at IS NULL",
  );
  return row!.open;
}
