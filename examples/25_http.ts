/**
 * A step that makes an HTTP request: tried again while the server is out of order, after the pause that it asks for,
 * with the same idempotency key, so that the order is placed once.
 *
 *     deno run --no-prompt --allow-net=127.0.0.1 examples/25_http.ts
 *
 * It needs the right to reach the server, which is here its own, and nothing else.
 *
 * @module
 */
import { WorkflowHostBuilder } from "@wfe/engine";
import { httpExecutor } from "@wfe/engine/http";
import { parseWorkflow } from "@wfe/engine/yaml";

/** Orders by idempotency key: the same key is the same order. */
const orders = new Map<string, unknown>();
let requests = 0;

await using shop = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
  const path = new URL(request.url).pathname;
  if (request.method === "GET") {
    return Response.json({ article: decodeURIComponent(path.slice(1)), price: 12 });
  }
  const key = request.headers.get("idempotency-key")!;
  if (!orders.has(key)) orders.set(key, await request.json());
  if (++requests === 1) return new Response("please wait", { status: 503, headers: { "retry-after": "1" } });
  return Response.json({ number: orders.size }, { status: 201 });
});

const definition = parseWorkflow(
  `
workflow:
  id: order
  version: 1
  steps:
    - name: Price
      type: http
      config:
        url: "\${{ var.shop }}/\${{ data.article }}"
        save_as: offer
    - name: Order
      type: http
      on_error: { retry: { max_retries: 5, interval: 1s, backoff: 2 } }
      config:
        url: "\${{ var.shop }}/orders"
        method: POST
        json: { article: "\${{ data.article }}", price: "\${{ data.offer.price }}" }
        expected_status: 201
        save_as: order
`,
  { shop: `http://127.0.0.1:${shop.addr.port}` },
);

await using host = new WorkflowHostBuilder().useExecutor(httpExecutor).build();
host.registerWorkflow(definition);
host.onEvent((event) => {
  if (event.type === "StepRetrying") console.log("the shop is busy");
});
await host.start();

const run = await host.startWorkflow<{ article: string; order?: { number: number } }>("order", {
  article: "tea/green",
});
const { order } = await run.result();
console.log(`${requests} requests, ${orders.size} order, its number is ${order?.number}`);
console.log([...orders.values()][0]);
