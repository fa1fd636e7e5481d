import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Connection } from "./connection.ts";
import { configure } from "./database.ts";
import { migrate } from "./migrations.ts";
import { SqliteProvider } from "./persistence.ts";
import { runProcess, startProcess } from "./testdata/spawn.ts";

const options = { name: "test.db", busyTimeout: 5000, random: Math.random };

interface Folder extends Disposable {
  readonly path: string;
}

function temporary(): Folder {
  const folder = Deno.makeTempDirSync();
  return { path: `${folder}/test.db`, [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
}

function schema(path: string): unknown[] {
  using database = new DatabaseSync(path);
  return [
    ...database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all(),
    ...database.prepare("SELECT number FROM wfe_migration").all(),
    ...database.prepare("PRAGMA integrity_check").all(),
  ];
}

async function expected(): Promise<unknown[]> {
  using folder = temporary();
  await (await SqliteProvider.open(folder.path))[Symbol.asyncDispose]();
  return schema(folder.path);
}

Deno.test("opening a database again changes nothing", async () => {
  using folder = temporary();
  for (let n = 0; n < 2; n++) await (await SqliteProvider.open(folder.path))[Symbol.asyncDispose]();
  assert.deepEqual(schema(folder.path), await expected());
});

Deno.test("twenty processes that open a new database at once all can", async () => {
  using folder = temporary();
  const ended = await Promise.all(Array.from({ length: 20 }, () => runProcess(folder.path, "open")));
  assert.deepEqual(ended.filter(({ code }) => code !== 0), []);
  assert.deepEqual(schema(folder.path), await expected());
});

Deno.test("a process killed in the middle of a migration leaves nothing half done", async () => {
  using folder = temporary();
  {
    await using halfway = await startProcess(folder.path, "migrate");
    await halfway.kill();
  }
  await (await SqliteProvider.open(folder.path))[Symbol.asyncDispose]();
  assert.deepEqual(schema(folder.path), await expected());
});

Deno.test("a migration that fails takes back all of its own, and nothing of those before", async () => {
  using database = new DatabaseSync(":memory:");
  configure(database, "test.db", "power");
  const connection = new Connection(database, options);
  const broken = "CREATE TABLE second (a); CREATE TABLE second (a)";
  await assert.rejects(migrate(connection, 0, ["CREATE TABLE first (a)", broken]), { code: "STORE" });
  const tables = database.prepare("SELECT name FROM sqlite_schema ORDER BY name").all().map(({ name }) =>
    name
  );
  assert.deepEqual(tables, ["first", "wfe_migration"]);
  await migrate(connection, 0, ["CREATE TABLE first (a)", "CREATE TABLE second (a)"]);
});

Deno.test("a database of a newer version is refused, untouched, with the remedy", async () => {
  using folder = temporary();
  await (await SqliteProvider.open(folder.path))[Symbol.asyncDispose]();
  using database = new DatabaseSync(folder.path);
  database.exec("INSERT INTO wfe_migration VALUES (1000, 0)");
  await assert.rejects(SqliteProvider.open(folder.path), (error: Error & { readonly problem?: string }) => {
    assert.equal(error.problem, "newer");
    assert.match(error.message, /schema 1000, this version of @wfe\/engine knows \d+; update the program/);
    return true;
  });
});

Deno.test("the tables of another program in the same database stay as they are", async () => {
  using database = new DatabaseSync(":memory:");
  database.exec("PRAGMA user_version = 42; CREATE TABLE instance (mine); CREATE TABLE host (mine)");
  await using _ = await SqliteProvider.from(database);
  assert.deepEqual({ ...database.prepare("PRAGMA user_version").get() }, { user_version: 42 });
});
