import { deepEqual, equal } from "node:assert/strict";
import { MemoryPersistence, WorkflowHostBuilder } from "../../mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { parseWorkflow } from "../../src/yaml/mod.ts";
import { httpExecutor } from "../http.ts";

const yaml = (policy: string) => `
workflow:
  id: ordering
  version: 1
  steps:
    - name: Order
      type: http
      on_error: ${policy}
      config:
        url: http://127.0.0.1:\${{ data.port }}/orders
        method: POST
        json: { pieces: 3 }
        save_as: order
`;

/** Runs the workflow against a server that gives these answers in turn, in virtual time. */
async function play(policy: string, answers: readonly (() => Response)[]) {
  const clock = new VirtualClock();
  const asked: { readonly at: number; readonly key: string | null }[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push({ at: clock.monotonic() / 1000, key: request.headers.get("idempotency-key") });
    return answers[Math.min(asked.length, answers.length) - 1]!();
  });
  const host = new WorkflowHostBuilder()
    .usePersistence(new MemoryPersistence({ clock })).useClock(clock).useExecutor(httpExecutor).build();
  host.registerWorkflow(parseWorkflow(yaml(policy)));
  await host.start();
  const run = await host.startWorkflow("ordering", { port: server.addr.port });
  const { status, data } = await clock.until(run.atRest());
  await clock.until(host.stop());
  const first = asked[0]!.at;
  return {
    status,
    data,
    keys: new Set(asked.map(({ key }) => key)),
    times: asked.map(({ at }) => at - first),
  };
}

const busy = (retryAfter?: string) => () =>
  new Response("busy", {
    status: 503,
    ...retryAfter !== undefined && { headers: { "retry-after": retryAfter } },
  });
const taken = () => Response.json({ id: 7 }, { status: 201 });

Deno.test("a request is made again by the step's policy, with the same key, and after the pause that the server asks for", async () => {
  const policy = "{ retry: { max_retries: 3, interval: 5s, backoff: 2 } }";
  const { status, data, keys, times } = await play(policy, [busy(), busy("90"), busy(), taken]);
  deepEqual([status, data.order], ["Complete", { id: 7 }]);
  equal(keys.size, 1);
  deepEqual(times.map((time) => Math.round(time)), [0, 5, 95, 115]);
});

Deno.test("a request is not made again where that cannot help, or no policy says so", async () => {
  const wrong = () => new Response("no such article", { status: 422 });
  const refused = await play("{ retry: { max_retries: 3 } }", [wrong]);
  deepEqual([refused.status, refused.times.length], ["Failed", 1]);
  const once = await play("fail", [busy("1")]);
  deepEqual([once.status, once.times.length], ["Failed", 1]);
});
