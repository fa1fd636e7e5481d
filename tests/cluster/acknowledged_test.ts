import { equal } from "node:assert/strict";
import postgres from "postgres";
import { PostgresProvider } from "../../providers/postgres/mod.ts";
import { newSchema } from "../../providers/postgres/testing_postgres.ts";
import { testOwnServer } from "./own_server.ts";

const tries = 3;

testOwnServer(
  "an event whose publishing was acknowledged survives a crash of the server",
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
    for (let n = 0; n < tries; n++) {
      await server.restart("fast");
      await using store = await PostgresProvider.open(server.url, { schema });
      await using silent = await PostgresProvider.open(server.url, { schema, listen: false });
      const event = { name: "paid", key: `${n}`, data: n, time: null };
      await store.publish({ ...event, messageId: null });
      // Somebody else is about to flush this one.
      const rows = JSON.stringify([{ ...event, message_id: `m-${n}` }]);
      await run(`SELECT ${schema}.wfe_publish('${rows}', '[["paid", "${n}", true]]', 0, false)`);
      await silent.publish({ ...event, messageId: `m-${n}` });
      await server.restart("immediate");
    }
    const [kept] = await run<{ readonly count: number }>(
      `SELECT count(*)::integer AS count FROM ${schema}.wfe_event`,
    );
    equal(kept?.count, 2 * tries);
  },
);
