import assert from "node:assert/strict";
import { testPersistence } from "../../src/testing/persistence_contract.ts";
import type { PostgresClient } from "./client.ts";
import { PostgresProvider } from "./persistence.ts";
import { PostgresSearch } from "./search.ts";
import { hasPostgres, SharedSchema, testClient, testPostgres, testUrl } from "./testing_postgres.ts";

const own = new SharedSchema();
const callers = new SharedSchema();
let client: PostgresClient & AsyncDisposable;

if (hasPostgres) {
  testPersistence("postgres", {
    open: (clock) => PostgresProvider.open(testUrl, { clock, schema: own.name }),
    connect: (clock) => PostgresProvider.open(testUrl, { clock, schema: own.name }),
    clean: () => own.clean(),
  });

  testPersistence("postgres client of the caller, whose connections keep nothing", {
    open: (clock) => {
      client = testClient({ max: 2, prepare: false });
      return PostgresProvider.from(client, { clock, schema: callers.name, prepare: false, listen: false });
    },
    clean: async () => {
      await client[Symbol.asyncDispose]();
      await callers.clean();
    },
  });
}

testPostgres("the caller's client stays open, and listens no more", async () => {
  const schema = callers.name;
  await using client = testClient({ connection: { application_name: schema } });
  const provider = await PostgresProvider.from(client, { schema });
  const search = await PostgresSearch.from(client, { schema });
  provider.watch(() => {});
  await provider[Symbol.asyncDispose]();
  await search[Symbol.asyncDispose]();
  const last =
    `SELECT query FROM pg_stat_activity WHERE application_name = '${schema}' AND pid <> pg_backend_pid()`;
  assert.deepEqual((await client.unsafe(last)).map((row) => String(Object(row).query).split(" ")[0]), [
    "unlisten",
  ]);
});
