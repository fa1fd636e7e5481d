import { WorkflowHostBuilder } from "../../mod.ts";
import { sleeping } from "../workflows.ts";
import { HostProcess } from "./host_process.ts";
import { BenchStore, processorTime } from "./store.ts";

/** Milliseconds for which a host is watched. */
const duration = 15_000;

/** Share of one processor that an idle host and its server use, while so many workflows sleep. */
export async function measureSleeping(
  server: string,
  count: number,
): Promise<{ readonly host: number; readonly server: number }> {
  await using at = await BenchStore.open(server);
  await using builder = new WorkflowHostBuilder().usePersistence(at.store).build();
  builder.registerWorkflow(sleeping());
  await builder.start();
  const run = await builder.startWorkflow("sleeping");
  while ((await builder.getWorkflow(run.id))!.owner !== null) await wait(10);
  await builder.stop();
  if (count > 0) await at.copy(run.id, "sleeper-", count);
  await at.settle();
  const host = new HostProcess(at.url);
  await host.ready();
  await host.go();
  await wait(2_000);
  const before = [await processorTime(host.pid), await at.serverTime()] as const;
  await wait(duration);
  const after = [await processorTime(host.pid), await at.serverTime()] as const;
  await host.stop();
  return { host: (after[0] - before[0]) / duration, server: (after[1] - before[1]) / duration };
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
