/** The contract once more through PgBouncer in transaction mode: connections keep nothing between two transactions. */
import { testPersistence } from "../../src/testing/persistence_contract.ts";
import { PostgresProvider } from "./persistence.ts";
import { answers, hasPostgres, SharedSchema } from "./testing_postgres.ts";

const port = 6432;

if (hasPostgres && await answers("PgBouncer", "pgbouncer", port)) {
  const schema = new SharedSchema();
  testPersistence("postgres through a pooler in transaction mode", {
    open: (clock) =>
      PostgresProvider.open(`postgres://postgres@127.0.0.1:${port}/postgres`, {
        clock,
        schema: schema.name,
        listen: false,
        prepare: false,
      }),
    clean: () => schema.clean(),
  });
}
