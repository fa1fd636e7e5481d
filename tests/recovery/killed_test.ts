import { equal } from "node:assert/strict";
import { WorkflowBuilder, WorkflowHostBuilder } from "../../mod.ts";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";
import { startDeno } from "../processes.ts";

const program = new URL("killed_host.ts", import.meta.url).pathname;

/** Milliseconds: long before a host looks by itself, which it does each 30 s where the lease is an hour. */
const deadline = 15_000;

Deno.test("a host that waits takes up the run of a killed process at once, though the lease has an hour to go", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = Deno.makeTempDirSync({ prefix: "wfe-killed-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const store = stack.use(await SqliteProvider.open(`${folder}/wfe.db`));
  const host = stack.use(new WorkflowHostBuilder().usePersistence(store).leaseTtl("1h").build());
  const takenUp = Promise.withResolvers<boolean>();
  host.registerWorkflow(
    new WorkflowBuilder().startWith(() => takenUp.resolve(true)).name("Long").build("long", 1),
  );
  await host.start();

  const child = startDeno(program, [folder], { flags: ["--allow-read", "--allow-write"] });
  stack.defer(() => child.stderr.cancel());
  const output = child.stdout.getReader();
  stack.defer(() => output.cancel());
  equal(new TextDecoder().decode((await output.read()).value), "running\n");
  child.kill("SIGKILL");
  await child.status;

  const tooLate = setTimeout(takenUp.resolve, deadline, false);
  equal(await takenUp.promise, true);
  clearTimeout(tooLate);
  await host.getHandle("run").result();
});
