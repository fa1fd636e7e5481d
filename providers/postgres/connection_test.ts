import assert from "node:assert/strict";
import { Connection } from "./connection.ts";
import { Schema } from "./schema.ts";
import { testClient, testPostgres } from "./testing_postgres.ts";

testPostgres(
  "what a server has answered before a connection broke is no part of the next answer",
  async () => {
    await using client = testClient();
    const connection = new Connection(client, {
      name: "test",
      schema: new Schema("none"),
      prepare: true,
      busyTimeout: 60_000,
      statementTimeout: 60_000,
      random: Math.random,
    });
    const numbers = (most: number) => `SELECT to_json(n)::text AS r FROM generate_series(1, ${most}) AS n`;
    const cutOff = connection.once(
      `${numbers(3)} UNION ALL SELECT to_json(pg_terminate_backend(pg_backend_pid()))::text`,
    );
    await assert.rejects(cutOff);
    assert.deepEqual(await connection.all("count", numbers(2)), [1, 2]);
  },
);
