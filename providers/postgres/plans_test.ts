import assert from "node:assert/strict";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { stored } from "../../src/testing/persistence/scene.ts";
import { lookForDue } from "./changes.ts";
import type { PostgresValue } from "./client.ts";
import { selectAnyDirty, selectDirty } from "./dirty.ts";
import { selectLines } from "./logs.ts";
import { selectUnread } from "./mailbox.ts";
import { PostgresProvider } from "./persistence.ts";
import { selectCompleted } from "./pointers.ts";
import { listQuery, nextDueQuery, type Query, selectEpochs, selectParked } from "./runs.ts";
import { Schema } from "./schema.ts";
import { selectSummaries } from "./summaries.ts";
import { SharedSchema, testClient, testPostgres, testUrl } from "./testing_postgres.ts";

const shared = new SharedSchema();
const schema = new Schema(shared.name);
const clock = new ManualClock();

/** Runs that have ended: a reading of them all would show. */
const many = 20_000;

/** Tables that have few rows whatever happens, or none that stay. */
const small = /wfe_(host|definition|sink|fan_out|outbox|migration)/;

/** A store full of runs that have ended, and how PostgreSQL reads from it. */
async function filled(): Promise<AsyncDisposable & { readonly plan: (query: Query) => Promise<string> }> {
  const store = await PostgresProvider.open(testUrl, { clock, schema: shared.name, listen: false });
  await store.saveDefinition(stored);
  await store.renewHost({ incarnation: "host", pid: 1 }, 1_000_000);
  const client = testClient();
  await client.unsafe(schema.sql(`
    INSERT INTO @wfe_instance (
      id, definition, epoch, sequence, status, inbox_read, next_pointer, attempt, crashes, created_at, ended_at)
    SELECT 'old-' || n, (SELECT min(key) FROM @wfe_definition), 1, 3, 'Complete', 0, 4, 1, 0, n, n
    FROM generate_series(1, ${many}) AS n;
    INSERT INTO @wfe_data (run, data, input_hash) SELECT 'old-' || n, '{}', '' FROM generate_series(1, ${many}) AS n;
    INSERT INTO @wfe_pointer (run, id, step_key, branch, status, open, attempt, failures, ended_at)
    SELECT 'old-' || n, p, 'a', 0, 'Complete', false, 1, 0, n
    FROM generate_series(1, ${many}) AS n, generate_series(1, 3) AS p;
    INSERT INTO @wfe_event (name, key, time, latest, published_at)
    SELECT 'old', n::text, n, n, n FROM generate_series(1, ${many}) AS n;
    INSERT INTO @wfe_sink (name, kind, position) VALUES ('runs', 'runs', 0);
    INSERT INTO @wfe_dirty (sink, run, created_at, sequence)
    SELECT 'runs', 'old-' || n, n, 3 FROM generate_series(1, ${many}) AS n`));
  await client.unsafe(
    `ANALYZE ${["instance", "data", "pointer", "event", "dirty"].map((name) => schema.sql(`@wfe_${name}`))}`,
  );
  return {
    plan: async ({ sql, parameters }) => {
      const rows = await client.unsafe(`EXPLAIN ${schema.sql(sql)}`, [...parameters], { prepare: false });
      return rows.map((row) => (row as { readonly "QUERY PLAN": string })["QUERY PLAN"]).join("\n");
    },
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await shared.clean();
    },
  };
}

const due: PostgresValue[] = [0, 9, "[]", 5];

/** The queries that hosts and people ask again and again. */
const queries: readonly Query[] = [
  { sql: lookForDue, parameters: due },
  { sql: selectUnread, parameters: ["host"] },
  { sql: selectParked, parameters: [] },
  { sql: selectEpochs, parameters: ['["run"]'] },
  { sql: selectSummaries, parameters: ['["run"]'] },
  { sql: selectCompleted.inBranch, parameters: ["run", "a", 1, 0] },
  { sql: selectCompleted.atTop, parameters: ["run", "a", 0] },
  { sql: selectCompleted.anywhere, parameters: ["run", "a"] },
  { sql: selectLines, parameters: ["run", 0, null, 9] },
  { sql: selectDirty, parameters: ["runs", "old-5", 9] },
  { sql: selectAnyDirty, parameters: ["runs", 9] },
  nextDueQuery({ crashes: { from: 0, to: 0 }, except: ["hash"] }),
  nextDueQuery({}),
  nextDueQuery({ only: ["run"] }),
  listQuery({ limit: 9 }),
  listQuery({ limit: 9, after: { createdAt: 10_000, id: "old-9" } }),
  listQuery({ limit: 9, idPrefix: "old-1234" }),
  listQuery({ limit: 9, reference: "order 7" }),
  listQuery({ limit: 9, createdFrom: 100, createdBefore: 200 }),
];

testPostgres("no query of a running engine reads a whole table, with many runs that have ended", async () => {
  await using at = await filled();
  for (const query of queries) {
    const plan = await at.plan(query);
    const whole = [...plan.matchAll(/Seq Scan on (\w+)/g)].map(([, table]) => table!);
    assert.deepEqual(whole.filter((table) => !small.test(table)), [], `${query.sql}\n${plan}`);
  }
  assert.match(await at.plan({ sql: lookForDue, parameters: due }), /wfe_instance_due/);
  assert.match(await at.plan({ sql: selectUnread, parameters: ["host"] }), /wfe_instance_unread/);
  const page = await at.plan(listQuery({ limit: 9 }));
  assert.match(page, /Index Scan Backward using wfe_instance_newest/);
  assert.doesNotMatch(page, /Sort/);
});
