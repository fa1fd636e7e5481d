import { deepEqual, doesNotMatch, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../../src/definition/builder.ts";
import { WorkflowHostBuilder } from "../../src/engine/host_builder.ts";
import { searchSink } from "../../src/engine/search_feed.ts";
import { summarize } from "../../src/instance/run_summary.ts";
import { searchDocument } from "../../src/instance/search_document.ts";
import { makeInstance } from "../../src/instance/testing_state.ts";
import { searchRequest } from "../../src/provider/search_request.ts";
import type { SearchQuery } from "../../src/provider/search.ts";
import { testSearch } from "../../src/testing/search_contract.ts";
import type { PostgresClient } from "./client.ts";
import { PostgresProvider } from "./persistence.ts";
import { Schema } from "./schema.ts";
import { PostgresSearch } from "./search.ts";
import { searchQuery } from "./search_query.ts";
import {
  dropSchema,
  hasPostgres,
  newSchema,
  runSql,
  testClient,
  testPostgres,
  testUrl,
} from "./testing_postgres.ts";

const name = newSchema();
const schema = new Schema(name);
const clean = async () => void await runSql(schema.sql("DELETE FROM @wfe_search_1"));

if (hasPostgres) {
  Deno.test.afterAll(() => dropSchema(name));

  testSearch("postgres search", { open: () => PostgresSearch.open(testUrl, { schema: name }), clean });

  let client: PostgresClient & AsyncDisposable;
  testSearch("postgres search by a client of the caller, whose connections keep nothing", {
    open: () => {
      client = testClient({ max: 2, prepare: false });
      return PostgresSearch.from(client, { schema: name, prepare: false });
    },
    clean: async () => {
      await client[Symbol.asyncDispose]();
      await clean();
    },
  });
}

/** Documents of runs that differ. */
function documents(count: number) {
  return Array.from({ length: count }, (_, n) => {
    const status = n % 50 === 0 ? "Failed" : "Complete";
    const reference = `order ${n}`;
    const definitionId = `definition-${n % 100}`;
    const document = searchDocument(summarize(
      makeInstance({ id: `run-${n}`, reference, definitionId, status, createdAt: n, endedAt: n + 5 }),
      [],
    ));
    return { ...document, steps: [`step_${n % 100}`], attributes: { customer: `c${n % 100}` } };
  });
}

testPostgres("postgres search: no search for something reads a whole table", async () => {
  await using index = await PostgresSearch.open(testUrl, { schema: name });
  await index.put(documents(20_000));
  await using client = testClient();
  await client.unsafe(schema.sql("ANALYZE @wfe_search_1"));
  const searches: readonly (readonly [terms: string, query?: SearchQuery])[] = [
    ["run-77"],
    ["777 order"],
    ["order-123 complete"],
    ["", { filters: { status: ["Failed"] } }],
    ["", { filters: { definitionId: "definition-7" } }],
    ["", { filters: { reference: "order 7" } }],
    ["", { filters: { step: "step_7" } }],
    ["", { filters: { attributes: { customer: "c7" } } }],
    ["", { filters: { createdFrom: 100, createdBefore: 200 } }],
    ["", { filters: { endedFrom: 100.5, endedBefore: 200, createdFrom: -Infinity } }],
    ["", { filters: { reference: "order 7" }, sort: { by: "endedAt" } }],
    ["", { filters: { definitionId: "definition-7" }, cursor: '["createdAt",500,"run-500"]' }],
  ];
  for (const [terms, query] of searches) {
    const request = searchRequest(terms, query);
    const { sql, parameters } = searchQuery(request, request.phrases!);
    const rows = await client.unsafe(`EXPLAIN ${schema.sql(sql)}`, parameters as [], { prepare: false });
    const plan = rows.map((row) => (row as { "QUERY PLAN": string })["QUERY PLAN"]).join("\n");
    doesNotMatch(plan, /Seq Scan on wfe_search/, `${terms} ${JSON.stringify(query)}\n${plan}`);
  }
  equal((await index.search("order-7777")).total, 1);
  await clean();
});

testPostgres(
  "postgres search: a word of any length is found by its beginning, and any number of words",
  async () => {
    await using index = await PostgresSearch.open(testUrl, { schema: name });
    // One letter that stands for six.
    const word = "\u3316".repeat(2_000);
    const failure = { type: "E", message: word, code: null, stack: null, step: "s", attempt: 1 };
    const many = Array.from(
      { length: 100 },
      (_, n) => Array.from({ length: 300 }, (_, m) => `w${n * 300 + m}`).join(" "),
    );
    const document = searchDocument(summarize(makeInstance({ error: failure }), []));
    await index.put([{ ...document, errors: [...document.errors, ...many] }]);
    for (const terms of [word.slice(0, 10), word.slice(0, 900), word, "w29999", "w29998-w2999", "w1-w2"]) {
      equal((await index.search(terms)).total, 1, terms.slice(0, 9));
    }
    for (const terms of [`${word.slice(0, 900)}x`, "w1-w3"]) {
      equal((await index.search(terms)).total, 0);
    }
    await clean();
  },
);

testPostgres("postgres search: ten programs may make it at once", async () => {
  const own = newSchema();
  const opened = await Promise.all(
    Array.from({ length: 10 }, () => PostgresSearch.open(testUrl, { schema: own, maxConnections: 1 })),
  );
  deepEqual((await opened[9]!.search("")).hits, []);
  for (const index of opened) await index[Symbol.asyncDispose]();
  await dropSchema(own);
});

testPostgres(
  "postgres search: two hosts that work at the same time feed the index of their store",
  async () => {
    const own = newSchema();
    const two = new WorkflowBuilder().startWith((ctx) => ctx.setAttributes({ kind: "fed" })).name("One")
      .then(() => {}).name("Two").build("two", 1);
    await using index = await PostgresSearch.open(testUrl, { schema: own });
    await using store = await PostgresProvider.open(testUrl, { schema: own });
    const hosts = [0, 1].map(() =>
      new WorkflowHostBuilder().usePersistence(store).useSearchIndex(index).build()
    );
    const troubles: Error[] = [];
    for (const host of hosts) {
      host.registerWorkflow(two);
      host.onSearchTrouble((error) => troubles.push(error));
      host.onTrouble((error) => troubles.push(error));
      await host.start();
    }
    const all = Array.from({ length: 300 }, async (_, n) => {
      await (await hosts[n % 2]!.startWorkflow("two")).result();
    });
    await Promise.all(all);
    for (const host of hosts) await host.stop();
    deepEqual(troubles, []);
    deepEqual(await store.readDirty(searchSink, 1), []);
    equal((await index.search("complete", { filters: { attributes: { kind: "fed" } } })).total, 300);
    await dropSchema(own);
  },
);
