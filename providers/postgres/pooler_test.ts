/** The contract once more through PgBouncer in transaction mode: connections keep nothing between two transactions. */
import assert from "node:assert/strict";
import { testPersistence } from "../../src/testing/persistence_contract.ts";
import { PostgresProvider } from "./persistence.ts";
import { answers, hasPostgres, SharedSchema } from "./testing_postgres.ts";

const port = 6432;
const url = `postgres://postgres@127.0.0.1:${port}/postgres`;

if (hasPostgres && await answers("PgBouncer", "pgbouncer", port)) {
  const schema = new SharedSchema();
  testPersistence("postgres through a pooler in transaction mode", {
    open: (clock) =>
      PostgresProvider.open(url, {
        clock,
        schema: schema.name,
        listen: false,
        prepare: false,
      }),
    clean: () => schema.clean(),
  });

  Deno.test("a pooler that refuses settings is told of, with what to do", async () => {
    const message =
      /^Cannot open .*: a pooler does not let through .*; open the store with { prepare: false }/;
    await assert.rejects(PostgresProvider.open(url), { problem: "unsupported", message });
  });
}
