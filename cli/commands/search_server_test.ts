import { deepEqual, equal, match } from "node:assert/strict";
import {
  dropIndex,
  newIndex,
  testOpenSearch,
  testUrl,
} from "../../providers/opensearch/testing_opensearch.ts";
import {
  dropSchema,
  newSchema,
  runSql,
  testPostgres,
  testUrl as postgresUrl,
} from "../../providers/postgres/testing_postgres.ts";
import { freePort } from "../../providers/testing_port.ts";
import { runWfe, workflowFile } from "../testing_wfe.ts";

const hello = `
workflow:
  id: hello
  version: 1
  steps:
    - name: Greet
      config: { run: echo hello }
`;

/** An index of the test's own, by its URL. */
function server(): AsyncDisposable & { readonly url: string } {
  const name = newIndex();
  return { url: `${testUrl}/?index=${name}`, [Symbol.asyncDispose]: () => dropIndex(name) };
}

/** What a search finds: other programs see what was put a second later. */
async function searched(...args: readonly string[]): ReturnType<typeof runWfe> {
  for (let tries = 1;; tries++) {
    const result = await runWfe("search", ...args);
    if (result.stderr !== "No run was found\n" || tries === 300) return result;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

testOpenSearch(
  "wfe run --search feeds a server, where wfe search finds the run without the database",
  async () => {
    await using at = server();
    using file = workflowFile(hello);
    const db = `${file.folder}/a.db`;
    const ran = await runWfe("run", file.path, "--db", db, "--run-id", "first", "--search", at.url);
    equal(ran.code, 0, ran.stderr);
    const found = await searched("greet", "complete", "--search", at.url);
    equal(found.code, 0);
    match(found.stdout, /^first +hello 1 +Complete/m);
    equal(found.stderr, "1 run\n");
  },
);

testOpenSearch("wfe reindex --search fills a server from the database", async () => {
  await using at = server();
  using file = workflowFile(hello);
  const db = `${file.folder}/a.db`;
  equal((await runWfe("run", file.path, "--db", db)).code, 0);
  equal((await runWfe("search", "hello", "--search", at.url)).stderr, "No run was found\n");
  const { code, stdout } = await runWfe("reindex", "--db", db, "--search", at.url);
  deepEqual([code, stdout], [0, "Runs indexed: 1; purged runs taken out: 0\n"]);
  equal((await searched("hello", "--search", at.url)).stderr, "1 run\n");
});

Deno.test("a search server that is away fails no run, and is told", async () => {
  using file = workflowFile(hello);
  const db = `${file.folder}/a.db`;
  const away = `http://ann:secret@127.0.0.1:${freePort()}`;
  const { code, stdout, stderr } = await runWfe("run", file.path, "--db", db, "--search", away);
  equal(code, 0);
  match(stdout + stderr, /The search index failed, and what has changed is kept/);
  equal((stdout + stderr).includes("secret"), false);
  for (const command of [["search", "x"], ["reindex", "--db", db]]) {
    const failed = await runWfe(...command, "--search", away);
    equal(failed.code, 2);
    match(failed.stderr, /^error: Cannot .*does not answer/);
  }
  match((await runWfe("search", "x", "--search", "ftp://y")).stderr, /must be like http:/);
});

testPostgres("wfe search and reindex of a database on a server keep the index there", async () => {
  const schema = newSchema();
  using file = workflowFile(hello);
  const db = `${postgresUrl}?schema=${schema}`;
  equal((await runWfe("run", file.path, "--db", db)).code, 0);
  equal((await runWfe("search", "greet", "--db", db)).stderr, "1 run\n");
  const { code, stdout } = await runWfe("reindex", "--db", db);
  deepEqual([code, stdout], [0, "Runs indexed: 1; purged runs taken out: 0\n"]);
  const [{ count }] = await runSql<{ count: string }>(`SELECT count(*) FROM "${schema}".wfe_search_1`) as [
    { count: string },
  ];
  equal(Number(count), 1);
  await dropSchema(schema);
});
