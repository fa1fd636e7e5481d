import { deepEqual, equal, match } from "node:assert/strict";
import { hasValkey, testClient, testUrl } from "../../providers/valkey/testing_valkey.ts";
import { pipeline, until, workshop } from "./wfe.ts";

const flags = ["--allow-net=127.0.0.1"];

Deno.test({
  name: "a run that is left to the workers is brought to one by the queue that WFE_QUEUE or --queue names",
  ignore: !hasValkey,
  fn: async () => {
    using shop = workshop({ "a.yaml": pipeline({ One: "echo one >> effects" }) });
    const prefix = `test-${crypto.randomUUID()}`;
    const url = `${testUrl}/0?prefix=${prefix}`;
    const left = shop.start(["run", "a.yaml", "--detach", "--run-id", "left", "--queue", url], {}, flags);
    deepEqual([(await left.finished).code, left.printed()], [0, "left\n"]);
    await using client = await testClient();
    const queue = `{${prefix}}:queue`;
    equal(await client.send("XLEN", queue), 1);
    const worker = shop.start(["worker"], { WFE_QUEUE: url }, flags);
    await until(() => worker.printed().includes("pipeline complete · run left\n"), "the run");
    await until(async () => await client.send("XLEN", queue) === 0, "the hint's end");
    worker.process.kill("SIGTERM");
    const { code, stderr } = await worker.finished;
    deepEqual([code, stderr, shop.read("effects")], [0, "", "one\n"]);
    await client.send("DEL", queue);
  },
});

Deno.test("workers find what is due where the queue is away; a URL that cannot be understood is refused", async () => {
  using shop = workshop({ "a.yaml": pipeline({ One: "echo one >> effects" }) });
  const away = "redis://127.0.0.1:1";
  const worker = shop.start(["worker", "--queue", away], {}, flags);
  const left = shop.start(["run", "a.yaml", "--detach", "--queue", away], {}, flags);
  equal((await left.finished).code, 0);
  await until(() => worker.printed().includes("pipeline complete"), "the run");
  worker.process.kill("SIGTERM");
  const { code, stderr } = await worker.finished;
  equal(code, 0);
  match(stderr, /work queue failed, runs that are due are found without it/);
  const refused = await shop.start(["run", "a.yaml", "--queue", "http://127.0.0.1"], {}, flags).finished;
  equal(refused.code, 2);
  match(refused.stderr, /redis:\/\/user:password@host:6379\/0/);
});
