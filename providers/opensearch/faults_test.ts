import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { WorkflowBuilder } from "../../src/definition/builder.ts";
import { WorkflowHostBuilder } from "../../src/engine/host_builder.ts";
import { soon as within } from "../../src/engine/testing_host.ts";
import { summarize } from "../../src/instance/run_summary.ts";
import { searchDocument } from "../../src/instance/search_document.ts";
import { makeInstance } from "../../src/instance/testing_state.ts";
import { MemoryPersistence } from "../../src/memory/persistence.ts";
import type { StoreError } from "../../src/provider/errors.ts";
import { searchSink } from "../../src/engine/search_feed.ts";
import type { OpenSearchClientOptions } from "./options.ts";
import { OpenSearchIndex } from "./search.ts";
import { type Door, testDoors } from "./testing_doors.ts";
import { bulkAnswer, FaultyServer } from "./testing_faults.ts";
import { ask, dropIndex, newIndex, testOpenSearch } from "./testing_opensearch.ts";
import { freePort } from "../testing_port.ts";

/** An index behind a server that can be made to fail. */
function faulty(open: Door, options: OpenSearchClientOptions = {}) {
  const name = newIndex();
  const server = new FaultyServer();
  const opened = open(server.url, { index: name, replicas: 0, ...options });
  const { index } = opened;
  const found = async () => (await index.search("")).hits.map(({ id }) => id).sort();
  return {
    name,
    server,
    index,
    found,
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await dropIndex(name);
    },
  };
}

function documents(...ids: readonly string[]) {
  return ids.map((id) => searchDocument(summarize(makeInstance({ id }), [])));
}

/** What is done in the end: a server that is busy with other tests takes longer than an index here waits. */
async function soon<Result>(action: () => Promise<Result>): Promise<Result> {
  for (let tries = 1;; tries++) {
    try {
      return await action();
    } catch (error) {
      if (tries === 100) throw error;
    }
  }
}

const isBulk = ({ url }: Request) => url.includes("/_bulk");

testDoors("what the server has no room for is sent again, and nothing else", async (open) => {
  await using at = faulty(open);
  await at.index.put(documents("first"));
  const sent: string[] = [];
  at.server.fault = (request, body) => {
    if (!isBulk(request)) return null;
    sent.push(body.match(/"_id":"\w"/g)!.join());
    if (sent.length === 3) at.server.fault = null;
    if (sent.length === 1) return new Response("{}", { status: 429 });
    return bulkAnswer(body, (id) => id === "a" || sent.length === 3 ? 201 : 429);
  };
  await at.index.put(documents("a", "b", "c"));
  deepEqual(sent, ['"_id":"a","_id":"b","_id":"c"', '"_id":"a","_id":"b","_id":"c"', '"_id":"b","_id":"c"']);
});

testDoors("a server that has no room for too long is told as busy", async (open) => {
  await using at = faulty(open, { busyTimeout: 300 });
  await at.index.put(documents("first"));
  at.server.fault = (request) => isBulk(request) ? new Response("{}", { status: 429 }) : null;
  await rejects(at.index.put(documents("a")), { problem: "busy", retryable: true });
  at.server.fault = null;
  await at.index.put(documents("a"));
  deepEqual(await at.found(), ["a", "first"]);
});

testDoors("what is too large for what stands before the server goes in parts", async (open) => {
  await using at = faulty(open);
  at.server.fault = (_, body) => body.length > 2_000 ? new Response("too large", { status: 413 }) : null;
  const ids = Array.from({ length: 20 }, (_, n) => `run-${n}`);
  await at.index.put(documents(...ids));
  deepEqual(await at.found(), ids.sort());
});

testDoors(
  "a document that is too large for itself, or is refused, leaves the others",
  async (open) => {
    await using at = faulty(open);
    at.server.fault = (_, body) => body.includes('"_id":"large"') ? new Response("", { status: 413 }) : null;
    await rejects(at.index.put(documents("a", "large", "b")), {
      problem: "unsupported",
      message: /run large/,
    });
    deepEqual(await at.found(), ["a", "b"]);
    const [bad] = documents("bad");
    // What no mapping of ours can take: a conflict of the type of a field.
    const refused = { ...bad!, createdAt: 5, endedAt: "yesterday" as unknown as number };
    at.server.fault = null;
    await rejects(at.index.put([...documents("c"), refused, ...documents("d")]), {
      problem: "unsupported",
      message: /run bad .*mapper_parsing_exception/,
    });
    deepEqual(await at.found(), ["a", "b", "c", "d"]);
  },
);

testDoors(
  "an index that was deleted is made anew by the next call, after it was told",
  async (open) => {
    await using at = faulty(open);
    await at.index.put(documents("a", "b"));
    await dropIndex(at.name);
    deepEqual(await at.found(), []);
    await rejects(at.index.put(documents("b")), { problem: "missing" });
    await at.index.put(documents("b"));
    deepEqual(await at.found(), ["b"]);
    deepEqual(
      Object.keys(await ask("GET", `_alias/${at.name}`)),
      [`${at.name}-v1`],
      "no index of another mapping",
    );
  },
);

testDoors("where an index has the name of the alias, the remedy is told", async (open) => {
  await using at = faulty(open);
  await ask("PUT", at.name, { settings: { number_of_replicas: 0 } });
  await rejects(at.index.put(documents("a")), (error: StoreError) => {
    match(error.message, /invalid_alias_name_exception/);
    return error.problem === "unsupported";
  });
  await ask("DELETE", at.name);
});

testDoors("an index of a later version is left alone", async (open) => {
  await using at = faulty(open);
  await ask("PUT", `${at.name}-v9`, { aliases: { [at.name]: {} }, settings: { number_of_replicas: 0 } });
  await rejects(at.index.put(documents("a")), { problem: "newer", message: /update the program/ });
});

type Answer = () => Response | Promise<Response>;

/** What a server answers, how that is told, and milliseconds to wait for it where it does not come. */
const kinds: readonly (readonly [name: string, answer: Answer, problem: string, requestTimeout?: number])[] =
  [
    ["is starting", () => new Response("starting", { status: 503 }), "io"],
    ["fails", () => Response.json({ error: { type: "x", reason: "y" } }, { status: 500 }), "io"],
    ["wants a password", () => Response.json("Unauthorized", { status: 401 }), "denied"],
    ["answers with a page", () => new Response("<html>hello</html>"), "io"],
    ["sends elsewhere", () => Response.redirect("http://127.0.0.1:1/"), "io"],
    ["never answers", () => new Promise<Response>(() => {}), "io", 300],
    [
      "has a full disk",
      () =>
        Response.json({ error: { type: "cluster_block_exception", reason: "index read-only" } }, {
          status: 429,
        }),
      "full",
    ],
  ];

for (const [name, answer, problem, requestTimeout] of kinds) {
  testDoors(
    `a server that ${name} is told as ${problem}, within the time for it`,
    async (open) => {
      await using at = faulty(open, { busyTimeout: 0, ...requestTimeout && { requestTimeout } });
      at.server.fault = () => answer();
      await rejects(at.index.put(documents("a")), { code: "STORE", problem });
      await rejects(at.index.search("a"), { code: "STORE", problem });
      at.server.fault = null;
      await soon(() => at.index.put(documents("a")));
      deepEqual(await soon(at.found), ["a"]);
    },
  );
}

testDoors(
  "nobody at the address, and a connection that is cut, are told as io",
  async (open) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: freePort() });
    const url = `http://127.0.0.1:${listener.addr.port}`;
    await using opened = open(url, {});
    const { index } = opened;
    const cut = (async () => {
      for await (const connection of listener) connection.close();
    })();
    await rejects(index.put(documents("a")), { problem: "io", message: /does not answer/ });
    listener.close();
    await cut;
    await rejects(index.put(documents("a")), { problem: "io", message: /does not answer/ });
  },
);

testDoors("closing ends what is under way", async (open) => {
  await using at = faulty(open);
  const [reached, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  at.server.fault = ({ signal }) => {
    signal.addEventListener("abort", () => ended.resolve());
    reached.resolve();
    return new Promise<Response>(() => {});
  };
  const put = rejects(at.index.put(documents("a")), { problem: "closed" });
  await reached.promise;
  await at.index[Symbol.asyncDispose]();
  await put;
  await within(ended.promise, 60_000);
});

testOpenSearch("opensearch: user and password of the URL go as a header, and into no message", async () => {
  await using server = new FaultyServer();
  const seen: (string | null)[] = [];
  server.fault = ({ headers }) => {
    seen.push(headers.get("authorization"));
    return Response.json("Unauthorized", { status: 401 });
  };
  await using index = OpenSearchIndex.open(server.url.replace("//", "//ann:p%40ss%25%3A@"));
  await rejects(index.search("x"), (error: StoreError) => !error.message.includes("p@ss"));
  deepEqual(seen, [`Basic ${btoa("ann:p@ss%:")}`]);
  throws(() => OpenSearchIndex.open("ftp://x:secret@y"), (error: Error) => !error.message.includes("secret"));
  throws(() => OpenSearchIndex.open("http://x", { index: "A/b" }), { problem: "unsupported" });
});

testDoors("runs go on while the server is away, and are found when it is back", async (open) => {
  await using at = faulty(open, { requestTimeout: 1_000 });
  await using store = new MemoryPersistence();
  const host = new WorkflowHostBuilder().usePersistence(store).useSearchIndex(at.index).build();
  host.registerWorkflow(new WorkflowBuilder().startWith(() => {}).name("One").build("one", 1));
  const troubles: string[] = [];
  host.onSearchTrouble(({ message }) => troubles.push(message));
  const answers = [
    () => new Response("starting", { status: 503 }),
    () => new Promise<Response>(() => {}),
    () => Response.json({ error: { type: "es_rejected_execution_exception" } }, { status: 429 }),
  ];
  let asked = 0;
  at.server.fault = () => answers[asked++ % answers.length]!();
  await host.start();
  for (let n = 0; n < 30; n++) await (await host.startWorkflow("one", {}, { runId: `run-${n}` })).result();
  equal((await store.readDirty(searchSink, 99)).filter(({ runId }) => runId !== "").length, 30);
  const until = performance.now() + 60_000;
  while (troubles.length < 2 && performance.now() < until) await new Promise((go) => setTimeout(go, 50));
  at.server.fault = null;
  while ((await store.readDirty(searchSink, 1)).length > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  equal((await soon(() => host.search("complete one"))).total, 30);
  await host.stop();
});
