/**
 * The other engine of the bench, in a process of its own, on Node: ten steps in a row, so many workflows at the same time.
 * Arguments: URL of a database of its own, workflows in flight, workflows in all, connections. Prints steps a second.
 */
// @ts-ignore: installed beside it, for Node
import { DBOS } from "@dbos-inc/dbos-sdk";

const [url, inFlight, total, pool] = [process.argv[2], ...process.argv.slice(3).map(Number)];
DBOS.setConfig({
  name: "bench",
  systemDatabaseUrl: url,
  systemDatabasePoolSize: pool,
  runAdminServer: false,
  logLevel: "error",
});

const tenSteps = DBOS.registerWorkflow(async () => {
  for (let number = 1; number <= 10; number++) {
    await DBOS.runStep(() => Promise.resolve({ v: number }), { name: `Step ${number}` });
  }
}, { name: "tenSteps" });

async function runAll(count) {
  let left = count;
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (left-- > 0) await tenSteps();
  }));
}

await DBOS.launch();
await runAll(inFlight);
const started = performance.now();
await runAll(total);
console.log(String((10 * total) / ((performance.now() - started) / 1_000)));
await DBOS.shutdown();
process.exit();
