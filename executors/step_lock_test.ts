import { deepEqual, equal } from "node:assert/strict";
import { MemoryPersistence, WorkflowHostBuilder } from "../mod.ts";
import { parseWorkflow } from "../src/yaml/mod.ts";
import { httpExecutor } from "./http.ts";
import { ScriptExecutor } from "./script.ts";
import { ShellExecutor } from "./shell.ts";

const steps: Readonly<Record<string, string>> = {
  shell: "config: { run: echo done }",
  deno: "type: deno\n      config: { script: 'console.log(1);' }",
  http: "type: http\n      config: { url: http://127.0.0.1:1/, timeout: 1s }",
};

for (const [type, step] of Object.entries(steps)) {
  Deno.test(`the lock of a ${type} step of a file is named by its expressions`, async () => {
    await using store = new MemoryPersistence();
    const asked: string[] = [];
    const { lock } = store;
    await using host = new WorkflowHostBuilder().usePersistence(store).useExecutor(new ShellExecutor())
      .useExecutor(new ScriptExecutor({ warm: 0 })).useExecutor(httpExecutor)
      .useLock({
        acquire: (request) => {
          asked.push(request.name);
          equal(request.ttl, 5_000);
          return lock.acquire(request);
        },
        renew: (...given) => lock.renew(...given),
        release: (...given) => lock.release(...given),
      }).build();
    host.registerWorkflow(parseWorkflow(
      `
workflow:
  id: deploy
  version: 1
  steps:
    - name: Deploy
      lock: { name: "deploy \${{ var.app }} to \${{ data.target }}", ttl: 5s, wait: 1m }
      ${step}
`,
      { app: "shop" },
    ));
    await host.start();
    await (await host.startWorkflow("deploy", { target: "staging" })).atRest();
    deepEqual(asked, ["deploy shop to staging"]);
  });
}
