/**
 * A YAML workflow in a program: a shell step, then a script that may reach one address and nothing else.
 *
 *     deno run --allow-read --allow-write --allow-run=bash,sh --allow-net=127.0.0.1 examples/03_yaml.ts
 *
 * @module
 */
import { WorkflowHostBuilder } from "@wfe/engine";
import { ScriptExecutor } from "@wfe/engine/script";
import { ShellExecutor } from "@wfe/engine/shell";
import { SqliteProvider } from "@wfe/engine/sqlite";
import { loadWorkflow } from "@wfe/engine/yaml";

await using hook = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
  console.log(`the hook was told: ${await request.text()}`);
  return new Response();
});

const definition = await loadWorkflow(new URL("03_deploy.yaml", import.meta.url), { target: "staging" });

await using store = await SqliteProvider.open(":memory:");
await using host = new WorkflowHostBuilder()
  .usePersistence(store)
  .useExecutor(new ShellExecutor())
  .useExecutor(new ScriptExecutor())
  .build();
host.registerWorkflow(definition);
host.onLog(({ text }) => console.log(text));
await host.start();

const run = await host.startWorkflow(definition.id, { port: hook.addr.port });
console.log(await run.result());
