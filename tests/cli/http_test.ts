import { deepEqual, equal, match } from "node:assert/strict";
import { wfeArguments, workshop } from "./wfe.ts";

const asking = `
workflow:
  id: asking
  version: 1
  steps:
    - name: Ask
      type: http
      config:
        url: "http://127.0.0.1:\${{ data.port }}/weather"
        save_as: weather
    - name: Tell
      config:
        env: { DEGREES: "\${{ data.weather.degrees }}" }
        run: echo "it has $DEGREES degrees"
`;

Deno.test("wfe run makes the requests of http steps, and names the flag where it may not", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json({ degrees: 21 }),
  );
  using shop = workshop({ "a.yaml": asking });
  const args = ["run", "a.yaml", "--run-id", "one", "--data", JSON.stringify({ port: server.addr.port })];
  const refused = await shop.wfe(...args);
  equal(refused.code, 1, refused.stderr);
  match(
    refused.stdout,
    /the program may not reach it: Requires net access to "127\.0\.0\.1:\d+".* --allow-net/,
  );

  const [run, ...others] = wfeArguments;
  const { code, stdout } = await new Deno.Command("deno", {
    args: [run!, "--allow-net=127.0.0.1", ...others, "resume", "one", "--output", "json"],
    cwd: shop.folder,
    stdin: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
  equal(code, 0);
  deepEqual(lines.at(-1).data.weather, { degrees: 21 });
  deepEqual(lines.filter(({ text }) => text?.startsWith("it has")).map(({ text }) => text), [
    "it has 21 degrees",
  ]);
});
