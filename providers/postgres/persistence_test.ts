import { testPersistence } from "../../src/testing/persistence_contract.ts";
import type { PostgresClient } from "./client.ts";
import { PostgresProvider } from "./persistence.ts";
import { hasPostgres, SharedSchema, testClient, testUrl } from "./testing_postgres.ts";

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
