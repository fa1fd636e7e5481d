import assert from "node:assert/strict";
import { Connection } from "./connection.ts";
import { migrate } from "./migrations.ts";
import { PostgresProvider } from "./persistence.ts";
import { Schema } from "./schema.ts";
import { dropSchema, newSchema, runSql, testClient, testPostgres, testUrl } from "./testing_postgres.ts";

interface TestSchema extends AsyncDisposable {
  readonly name: string;
}

function temporary(name = newSchema()): TestSchema {
  return { name, [Symbol.asyncDispose]: () => dropSchema(name) };
}

async function open(schema: string): Promise<void> {
  await (await PostgresProvider.open(testUrl, { schema, listen: false }))[Symbol.asyncDispose]();
}

/** What a schema consists of. */
async function contents(schema: string): Promise<unknown[]> {
  const rows = await runSql<{ readonly what: string }>(`
    SELECT relkind::text || ' ' || relname AS what FROM pg_class WHERE relnamespace = '"${schema}"'::regnamespace
    UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = '"${schema}"'::regnamespace
    UNION ALL SELECT 'migration ' || number FROM "${schema}".wfe_migration ORDER BY 1`);
  return rows.map(({ what }) => what);
}

function connectionTo(schema: string, client: ReturnType<typeof testClient>): Connection {
  return new Connection(client, {
    name: "test",
    schema: new Schema(schema),
    prepare: true,
    busyTimeout: 1_000,
    statementTimeout: 60_000,
    random: Math.random,
  });
}

testPostgres("opening a store again changes nothing", async () => {
  await using schema = temporary();
  await open(schema.name);
  const before = await contents(schema.name);
  await open(schema.name);
  assert.deepEqual(await contents(schema.name), before);
  assert.ok(before.length > 50);
});

testPostgres("twenty that open a new store at once all can", async () => {
  await using schema = temporary();
  await using other = temporary();
  await Promise.all(Array.from({ length: 20 }, () => open(schema.name)));
  await open(other.name);
  assert.deepEqual(await contents(schema.name), await contents(other.name));
});

testPostgres("a schema may have any name that needs quoting once, and has nothing of others", async () => {
  await using odd = temporary(`Test ä.${newSchema().slice(0, 20)} 👍`);
  await open(odd.name);
  await open(odd.name);
  assert.ok((await contents(odd.name)).includes("r wfe_instance"));
});

testPostgres("what is no name of a schema is refused before anything is asked of the server", async () => {
  for (
    const schema of ["", 'a"b', "a'b", "a\\b", "a$b", "a@b", "a\nb", "pg_wfe", "x".repeat(64), "ä".repeat(32)]
  ) {
    await assert.rejects(PostgresProvider.open("postgres://127.0.0.1:1/none", { schema }), {
      code: "STORE",
      problem: "unsupported",
    }, schema);
  }
});

testPostgres("a migration that fails takes back all of its own, and nothing of those before", async () => {
  await using schema = temporary();
  await using client = testClient();
  const connection = connectionTo(schema.name, client);
  const broken = "CREATE TABLE @wfe_second (a integer); CREATE TABLE @wfe_second (a integer)";
  await assert.rejects(migrate(connection, ["CREATE TABLE @wfe_first (a integer)", broken]), {
    code: "STORE",
  });
  const tables = (await contents(schema.name)).filter((what) => String(what).startsWith("r "));
  assert.deepEqual(tables, ["r wfe_first", "r wfe_migration"]);
  await migrate(connection, ["CREATE TABLE @wfe_first (a integer)", "CREATE TABLE @wfe_second (a integer)"]);
});

testPostgres("a migration that was cut off leaves nothing half done", async () => {
  await using schema = temporary();
  await using client = testClient();
  const cutOff = migrate(connectionTo(schema.name, client), [
    "CREATE TABLE @wfe_first (a integer); SELECT pg_terminate_backend(pg_backend_pid())",
  ]);
  await assert.rejects(cutOff, { code: "STORE" });
  await open(schema.name);
  assert.ok(!(await contents(schema.name)).includes("r wfe_first"));
});

testPostgres("a schema of a newer version is refused, untouched, with the remedy", async () => {
  await using schema = temporary();
  await open(schema.name);
  await runSql(`INSERT INTO "${schema.name}".wfe_migration VALUES (1000, 0)`);
  await assert.rejects(open(schema.name), (error: Error & { readonly problem?: string }) => {
    assert.equal(error.problem, "newer");
    assert.match(error.message, /schema 1000, this version of @wfe\/engine knows \d+; update the program/);
    return true;
  });
});

testPostgres("a user who may not make tables can open a store that is there", async () => {
  await using schema = temporary();
  await open(schema.name);
  const role = `test_${crypto.randomUUID().slice(0, 8)}`;
  await runSql(`
    CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA "${schema.name}" TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${schema.name}" TO ${role}`);
  try {
    const url = testUrl.replace("postgres@", `${role}@`);
    await using store = await PostgresProvider.open(url, { schema: schema.name, listen: false });
    assert.equal(await store.renewHost({ incarnation: "host", pid: 1 }, 1_000), false);
  } finally {
    await runSql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});
