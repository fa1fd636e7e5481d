import { equal } from "node:assert/strict";
import postgres from "postgres";
import { PostgresProvider } from "../../providers/postgres/mod.ts";
import { newSchema } from "../../providers/postgres/testing_postgres.ts";
import { testOwnServer } from "./own_server.ts";

const tries = 3;

testOwnServer(
  "an event whose publishing was acknowledged survives a crash of the server",
  5446,
  async (server) => {
    const schema = newSchema();
    const run = async <Row>(sql: string): Promise<readonly Row[]> => {
      const client = postgres(server.url, { max: 1 });
      const rows = await client.unsafe(sql);
      await client.end();
      return rows as unknown as readonly Row[];
    };
    // Nothing but who waits for it writes the log within that time.
    await run("ALTER SYSTEM SET wal_writer_delay = '10s'");
    try {
      for (let n = 0; n < tries; n++) {
        await server.restart("fast");
        await using store = await PostgresProvider.open(server.url, { schema });
        await store.publish({ name: "paid", key: `${n}`, data: n, time: null, messageId: null });
        await server.restart("immediate");
      }
      const [kept] = await run<{ readonly count: number }>(
        `SELECT count(*)::integer AS count FROM ${schema}.wfe_event`,
      );
      equal(kept?.count, tries);
    } finally {
      await run(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await run("ALTER SYSTEM RESET wal_writer_delay");
    }
  },
);
