/** What stands beside the store may be away for as long as it likes: runs go on, and it is made good afterwards. */
import { equal } from "node:assert/strict";
import { OpenSearchIndex } from "../../providers/opensearch/mod.ts";
import {
  dropIndex,
  newIndex,
  testOpenSearch,
  testUrl as searchUrl,
} from "../../providers/opensearch/testing_opensearch.ts";
import { hasPostgres } from "../../providers/postgres/testing_postgres.ts";
import { Proxy } from "../../providers/testing_proxy.ts";
import { testServer } from "../../providers/valkey/testing_server.ts";
import { sleep } from "../crash/kill_loop/wait.ts";
import { eventually } from "../processes.ts";
import { type Act, inTurn, kill } from "./acts.ts";
import { holds } from "./holds.ts";

if (hasPostgres) {
  testOpenSearch(
    "a search server that is away for a whole run of the cluster fails nothing, and then learns of every run",
    async () => {
      await using network = new Proxy(searchUrl);
      network.mode = "refuse";
      const { url } = network;
      const index = newIndex();
      await using reader = OpenSearchIndex.open(url, { index, replicas: 0 });
      try {
        await holds({
          seed: "search",
          hosts: 3,
          workflows: 150,
          search: { url, index },
          disturb: inTurn(6, 200, [kill]),
          async afterwards({ hosts, started }) {
            network.mode = "pass";
            // A host that begins tries at once, one that has failed for long waits up to 30 s.
            for (const host of hosts) host.kill();
            const found = async () => (await reader.search("").catch(() => null))?.total;
            await eventually(async () => await found() === started, 120_000, "the index to know every run");
            const open = await reader.search("", { filters: { status: ["Runnable", "Suspended"] } });
            equal(open.total, 0);
          },
        });
      } finally {
        await dropIndex(index);
      }
    },
  );

  testServer("a queue that is flushed, cut off and killed costs no run", async (server) => {
    await using network = new Proxy(server.url);
    const flush: Act = async (cluster) => {
      await server.send("FLUSHALL");
      cluster.note("flushes of the queue");
    };
    const cut: Act = async (cluster) => {
      network.mode = "refuse";
      network.cut();
      await sleep(1_000 * cluster.random.number());
      network.mode = "pass";
      cluster.note("cuts of the queue's network");
    };
    const restart: Act = async (cluster) => {
      await server.kill();
      await server.start();
      cluster.note("restarts of the queue, empty");
    };
    await holds({
      seed: "queue",
      hosts: 3,
      workflows: 150,
      valkey: network.url,
      disturb: inTurn(8, 200, [flush, cut, restart, kill]),
    });
  });
}
