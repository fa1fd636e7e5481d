import { deepEqual, equal } from "node:assert/strict";
import { workshop } from "./wfe.ts";

const deploy = `
workflow:
  id: deploy
  version: 1
  steps:
    - name: Deploy
      lock: "deploy \${{ var.target }}"
      config:
        run: |
          echo "begin" >> effects
          sleep 0.3
          echo "end" >> effects
`;

Deno.test("of several wfe run whose steps name the same lock, one runs its step at a time", async () => {
  using shop = workshop({ "a.yaml": deploy });
  const runs = Array.from({ length: 3 }, () => shop.wfe("run", "a.yaml", "--var", "target=live"));
  for (const { code, stderr } of await Promise.all(runs)) equal(code, 0, stderr);
  deepEqual(shop.read("effects").trimEnd().split("\n"), Array(3).fill(["begin", "end"]).flat());
});
