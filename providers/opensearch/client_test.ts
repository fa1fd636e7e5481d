import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { Client } from "npm:@opensearch-project/opensearch@3.9.0";
import { summarize } from "../../src/instance/run_summary.ts";
import { searchDocument } from "../../src/instance/search_document.ts";
import { makeInstance } from "../../src/instance/testing_state.ts";
import { OpenSearchIndex } from "./search.ts";
import { byClient } from "./testing_doors.ts";
import { FaultyServer } from "./testing_faults.ts";
import { dropIndex, newIndex, testOpenSearch, testUrl } from "./testing_opensearch.ts";

const documents = [searchDocument(summarize(makeInstance({ id: "a" }), []))];

testOpenSearch("opensearch client of the caller: it stays open", async () => {
  const client = new Client({ node: testUrl });
  const index = newIndex();
  const search = OpenSearchIndex.from(client, { index, replicas: 0 });
  await search.put(documents);
  await search[Symbol.asyncDispose]();
  equal((await client.indices.exists({ index })).statusCode, 200);
  await client.close();
  await dropIndex(index);
});

testOpenSearch(
  "opensearch client of the caller: a node that is silent, or away, leaves it the others",
  async () => {
    await using silent = new FaultyServer();
    silent.fault = () => new Promise<Response>(() => {});
    const client = new Client({ nodes: [silent.url, "http://127.0.0.1:1", testUrl] });
    const index = newIndex();
    await using opened = byClient(client, { index, replicas: 0, requestTimeout: 4_000 });
    await opened.index.put(documents);
    deepEqual((await opened.index.search("a")).hits, documents);
    equal(silent.requests.length, 1);
    await dropIndex(index);
  },
);

testOpenSearch("opensearch client of the caller: what it signs requests with is in no error", async () => {
  const signed = { authorization: "Bearer secret-1", "x-amz-security-token": "secret-2" };
  const client = new Client({ node: "http://ann:secret-3@127.0.0.1:1", headers: signed });
  await using opened = byClient(client, {});
  await rejects(opened.index.search("a"), (error) => {
    const text = Deno.inspect(error, { depth: 20, showHidden: true });
    ok(!text.includes("secret"), text);
    return true;
  });
});

Deno.test("opensearch client of the caller: the name of an index is checked", () => {
  throws(() => OpenSearchIndex.from(new Client({ node: testUrl }), { index: "A/b" }), {
    problem: "unsupported",
  });
});

Deno.test({
  name: "opensearch client of the caller: what Deno does not permit is told as denied",
  permissions: { net: false, env: true, sys: ["osRelease"] },
  async fn() {
    await using opened = byClient(new Client({ node: testUrl }), {});
    await rejects(opened.index.search("a"), { problem: "denied", message: /--allow-net/ });
  },
});
