import { deepEqual, equal, match } from "node:assert/strict";
import { dropSchema, newSchema, testPostgres, testUrl } from "../providers/postgres/testing_postgres.ts";
import { databaseHint } from "./store.ts";
import { runWfe, workflowFile } from "./testing_wfe.ts";

const pipeline = `workflow:
  id: pipeline
  version: 1
  steps:
    - { name: Build, config: { run: "echo built" } }
`;

testPostgres(
  "a run is kept in PostgreSQL where WFE_DB or --db is a URL, and looking for runs makes no schema",
  async () => {
    using file = workflowFile(pipeline);
    const schema = newSchema();
    const db = ["--db", `${testUrl}?schema=${schema}`];
    try {
      const secret = db.map((each) => each.replace("postgres@", "postgres:hidden@"));
      for (const _ of [1, 2]) {
        const { stderr, stdout } = await runWfe("runs", ...secret);
        match(stderr, /^There are no runs: there is no database at postgres:\/\/postgres@127/);
        equal(stdout, "");
      }
      const { code, stderr } = await runWfe("run", file.path, ...db);
      equal(code, 0, stderr);
      const { stdout } = await runWfe("runs", ...db);
      match(stdout, /pipeline.*Complete/);
    } finally {
      await dropSchema(schema);
    }
  },
);

testPostgres(
  "a server that cannot be reached, or has no such database, is an error of usage with the reason",
  async () => {
    for (const [url, words] of [[testUrl.replace(/postgres$/, "none_such"), /no such database/]] as const) {
      for (const command of ["runs", "resume"]) {
        const { code, stderr } = await runWfe(command, "--db", url);
        equal(code, 2, stderr);
        match(stderr, words);
      }
    }
  },
);

Deno.test("a hint names the database without its password", () => {
  equal(databaseHint("postgres://me:p%40ss@host:5432/app"), " --db postgres://me@host:5432/app");
  equal(databaseHint("postgres://host/app"), " --db postgres://host/app");
  equal(databaseHint("a:b@c.db"), " --db a:b@c.db");
});

Deno.test("wfe permissions names the server, and the folder for what steps need here", async () => {
  using file = workflowFile(pipeline);
  const flags = async (db: string) => {
    const { stdout } = await runWfe("permissions", file.path, "--db", db, "--output", "json");
    return JSON.parse(stdout).engine;
  };
  deepEqual(await flags("postgres://me:a:b@host/app?x=1"), [
    `--allow-read=${file.path},.wfe`,
    "--allow-write=.wfe",
    "--allow-run=bash,sh",
    "--allow-net=host:5432",
  ]);
  equal((await flags("postgres://a:1,b/app")).at(-1), "--allow-net=a:1,b:5432");
  const [read] = await flags("postgres://host/app?sslmode=verify-ca&sslrootcert=%2Fetc%2Froot.pem");
  equal(read, `--allow-read=${file.path},.wfe,/etc/root.pem`);
});
