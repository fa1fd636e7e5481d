import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { selectAnyDirty, selectDirty } from "./dirty.ts";
import { selectEvents } from "./lifecycle.ts";
import { selectUnread } from "./mailbox.ts";
import { SqliteProvider } from "./persistence.ts";
import { selectCompleted, selectOpenPointers } from "./pointers.ts";
import { listQuery, nextWakeQuery, selectDue, selectDueOf, selectEpochs, selectParked } from "./runs.ts";
import { selectSummaries } from "./summaries.ts";
import { statements } from "./write.ts";

/** What the types of Deno lack. */
interface Authorized {
  setAuthorizer(callback: (() => number) | null): void;
}

/** `SQLITE_OK`. */
const allow = 0;

/** The queries of the running engine that are no part of a write. */
const queries: readonly string[] = [
  selectDue,
  selectDueOf,
  selectOpenPointers,
  selectUnread,
  selectParked,
  selectEpochs,
  selectSummaries,
  selectDirty,
  selectAnyDirty,
  ...Object.values(selectCompleted),
  selectEvents,
  nextWakeQuery(null, { crashes: { from: 0, to: 0 }, except: ["hash"] }).sql,
  nextWakeQuery("host", {}).sql,
  nextWakeQuery(null, { only: ["run"] }).sql,
  nextWakeQuery("host", { only: ["run"] }).sql,
  listQuery({ limit: 1, after: { createdAt: 0, id: "" } }).sql,
  listQuery({ limit: 1, idPrefix: "x" }).sql,
  listQuery({ limit: 1, reference: "x" }).sql,
  listQuery({ limit: 1, createdFrom: 1, createdBefore: 2 }).sql,
];

/** How SQLite would run a statement, a line a part. */
async function planner(): Promise<Disposable & ((sql: string) => string[])> {
  const database = new DatabaseSync(":memory:");
  const store = await SqliteProvider.from(database);
  const plan = (sql: string) =>
    database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => String(detail));
  return Object.assign(plan, {
    [Symbol.dispose]: () => {
      void store[Symbol.asyncDispose]();
      database.close();
    },
  });
}

/** Parts of a plan that read a table of the provider, by a name or by its alias. */
function readsOf(plan: readonly string[]): string[] {
  return plan.filter((step) => /^(SCAN|SEARCH) (wfe_\w+|[a-z])( |$)/.test(step));
}

Deno.test("no query of the running engine reads a whole table", async () => {
  using plan = await planner();
  for (const sql of queries) {
    const reads = readsOf(plan(sql));
    assert.ok(
      reads.length > 0 && reads.every((step) => /^SEARCH .*USING .*\(/.test(step)),
      `${sql}\n${reads.join("\n")}`,
    );
  }
});

Deno.test("no statement is compiled anew when other values are bound", async () => {
  using database = new DatabaseSync(":memory:") as DatabaseSync & Authorized;
  await using _ = await SqliteProvider.from(database);
  const again: string[] = [];
  for (const sql of [...statements.map(({ sql }) => sql), ...queries]) {
    let compiled = 0;
    const statement = database.prepare(sql);
    // SQLite asks it whenever it compiles; to set it makes every statement be compiled once more.
    database.setAuthorizer(() => {
      compiled++;
      return allow;
    });
    const count = Math.max(0, ...[...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number)));
    const run = (value: number): number => {
      compiled = 0;
      try {
        statement.all(...Array.from({ length: count }, () => value));
      } catch {
        // Not what the statement does counts here, which may break a rule of the schema.
      }
      return compiled;
    };
    run(1);
    if (run(2) > 0) again.push(sql);
    database.setAuthorizer(null);
  }
  assert.deepEqual(again, []);
});

Deno.test("no write reads a whole table, but for those of sinks and of events under way, which are short", async () => {
  using plan = await planner();
  assert.ok(statements.length > 30);
  for (const { sql } of statements) {
    const scans = readsOf(plan(sql)).filter((step) =>
      /^SCAN/.test(step) && !/^SCAN (wfe_sink|wfe_fan_out)/.test(step)
    );
    // The parts of a query that another part reads.
    const tables = scans.filter((step) => !/^SCAN w$/.test(step));
    assert.deepEqual(tables, [], sql);
  }
});

Deno.test("a claim reads no activation that the run needs no more", async () => {
  using plan = await planner();
  assert.match(plan(selectOpenPointers).join(), /USING INDEX wfe_pointer_open/);
});

Deno.test("to find what has mail reads nothing else", async () => {
  using plan = await planner();
  assert.match(plan(selectUnread).join(), /USING INDEX wfe_instance_unread/);
});

Deno.test("what completed last in a branch is looked for there alone", async () => {
  using plan = await planner();
  assert.match(plan(selectCompleted.inBranch).join(), /USING INDEX wfe_pointer_inside/);
});

Deno.test("due runs are read from the index in their order, without sorting", async () => {
  using plan = await planner();
  const steps = plan(selectDue);
  assert.match(steps.join(), /USING INDEX wfe_instance_due/);
  assert.ok(!steps.some((step) => /TEMP B-TREE FOR ORDER/.test(step)), steps.join("\n"));
});

Deno.test("a page of runs is read from the index, newest first, without sorting", async () => {
  using plan = await planner();
  const steps = plan(listQuery({ limit: 1 }).sql);
  assert.match(String(steps[0]), /USING INDEX wfe_instance_newest/);
  assert.ok(!steps.some((step) => /B-TREE/.test(step)));
});
