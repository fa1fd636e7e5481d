import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { selectDue } from "./runs.ts";
import { SqliteProvider } from "./persistence.ts";
import { statements } from "./write.ts";

/** How a connection would run all statements that write, and a query. */
function plans(database: DatabaseSync): unknown[] {
  // To explain is not to run: whether the schema has changed is seen by what runs.
  database.exec("SELECT 1 FROM wfe_host");
  const texts = [selectDue, ...statements.map(({ sql }) => sql)];
  return texts.map((sql) => database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => detail));
}

/** Counts as `ANALYZE` does where every table has one row. */
function analyze(database: DatabaseSync): void {
  database.exec(`
    ANALYZE;
    DELETE FROM sqlite_stat1;
    INSERT INTO sqlite_stat1 (tbl, idx, stat)
    SELECT tbl_name, name, '1 1 1 1 1' FROM sqlite_schema WHERE type = 'index';
    ANALYZE sqlite_schema`);
}

async function temporaryFile(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await Deno.makeTempDir({ prefix: "wfe-statistics-" });
  return {
    path: `${folder}/test.db`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

for (
  const [when, forget] of [
    ["a store is opened", (path: string) => SqliteProvider.open(path)],
    ["a heartbeat is written", async (_: string, store: SqliteProvider) => {
      await store.renewHost({ incarnation: "host", pid: 1 }, 1_000);
      return store;
    }],
  ] as const
) {
  Deno.test(`what was counted of tables while they were small changes no plan any more when ${when}`, async () => {
    await using file = await temporaryFile();
    await using first = await SqliteProvider.open(file.path);
    using other = new DatabaseSync(file.path);
    other.exec("CREATE TABLE mine (x INTEGER); CREATE INDEX mine_x ON mine (x)");
    const usual = plans(other);
    analyze(other);
    assert.notDeepEqual(plans(other), usual);
    await using _ = await forget(file.path, first);
    assert.deepEqual(plans(other), usual);
    assert.deepEqual(other.prepare("SELECT idx FROM sqlite_stat1").all().map(({ idx }) => idx), ["mine_x"]);
  });
}

Deno.test("what was counted changes no plan any more of the connection that forgets it", async () => {
  await using file = await temporaryFile();
  await (await SqliteProvider.open(file.path))[Symbol.asyncDispose]();
  const usual = (() => {
    using database = new DatabaseSync(file.path);
    const usual = plans(database);
    analyze(database);
    return usual;
  })();
  using database = new DatabaseSync(file.path);
  await using _ = await SqliteProvider.from(database);
  assert.deepEqual(plans(database), usual);
});
