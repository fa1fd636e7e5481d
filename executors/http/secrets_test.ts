import { equal, ok } from "node:assert/strict";
import { MemoryPersistence, WorkflowHostBuilder } from "../../mod.ts";
import { parseWorkflow } from "../../src/yaml/mod.ts";
import { httpExecutor } from "../http.ts";
import { makeSecrets } from "../secrets/mask.ts";

const token = "correct/horse+battery staple";

const yaml = `
workflow:
  id: asking
  version: 1
  secrets: { TOKEN: { env: TOKEN } }
  steps:
    - name: Ask
      type: http
      config:
        url: http://127.0.0.1:\${{ data.port }}/?key=\${{ secrets.TOKEN }}
        headers: { authorization: "Bearer \${{ secrets.TOKEN }}" }
        save_as: answer
`;

/** Runs the workflow against a server, and gives all that is kept of the run as text. */
async function play(answer: (request: Request) => Response): Promise<{ status: string; kept: string }> {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  await using store = new MemoryPersistence();
  await using host = new WorkflowHostBuilder().usePersistence(store).useExecutor(httpExecutor)
    .useSecrets({ resolve: () => Promise.resolve(makeSecrets({ TOKEN: token })) }).build();
  let kept = "";
  host.onLog((line) => kept += JSON.stringify(line));
  host.registerWorkflow(parseWorkflow(yaml));
  await host.start();
  const run = await host.startWorkflow("asking", { port: server.addr.port });
  const instance = await run.atRest();
  kept += JSON.stringify([instance, await store.pointers(run.id)]);
  return { status: instance.status, kept };
}

function holdsToken(text: string): boolean {
  return [token, encodeURIComponent(token), btoa(token)].some((form) => text.includes(form));
}

Deno.test("a secret reaches the server in URL and header, and nothing that is kept", async () => {
  let got: (string | null)[] = [];
  const { status, kept } = await play((request) => {
    got = [new URL(request.url).searchParams.get("key"), request.headers.get("authorization")];
    return Response.json("welcome");
  });
  equal(status, "Complete");
  equal(got.join(), `${token},Bearer ${token}`);
  ok(kept.includes("welcome") && !holdsToken(kept));
});

Deno.test("a secret that the server sends back is not kept, whether the request succeeds or fails", async () => {
  for (const code of [200, 400]) {
    const { status, kept } = await play((request) =>
      new Response(`you said ${request.headers.get("authorization")}`, { status: code })
    );
    equal(status, "Failed");
    ok(!holdsToken(kept), kept);
  }
});
