import assert from "node:assert/strict";
import postgres from "postgres";
import { WorkflowBuilder, WorkflowHostBuilder } from "../../mod.ts";
import { eventually } from "../../tests/processes.ts";
import { type OwnServer, testOwnServer } from "../../tests/cluster/own_server.ts";
import { certificates } from "../testing_certificates.ts";
import type { PostgresClient } from "./client.ts";
import { PostgresProvider } from "./persistence.ts";
import { PostgresSearch } from "./search.ts";
import { dropSchema, newSchema, testPostgres, testUrl } from "./testing_postgres.ts";

const { authority, client, key } = certificates;
const rules = `
hostnossl template1 all all reject
hostssl template1 all all cert
host all all all trust`;

/** Runs statements on a server, by a connection that is not encrypted. */
async function runSql(server: OwnServer, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = postgres(server.url, { max: 1, fetch_types: false });
  try {
    return await client.unsafe(sql) as unknown as readonly Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

/** Lets the server write a file beside its data, which no one else may read. */
async function write(server: OwnServer, name: string, text: string): Promise<void> {
  await runSql(
    server,
    `COPY (SELECT unnest(string_to_array($$${text}$$, E'\\n'))) TO PROGRAM 'umask 077; cat >${name}'`,
  );
}

/** Has the server show a certificate from its next connection on. */
async function show(server: OwnServer, name: "server" | "foreign" | "expired"): Promise<void> {
  await write(server, `${name}.pem`, await Deno.readTextFile(certificates[name]));
  await write(server, "key.pem", await Deno.readTextFile(key));
  await write(server, "authority.pem", await Deno.readTextFile(authority));
  await write(server, "pg_hba.conf", rules);
  const settings = { cert: `${name}.pem`, key: "key.pem", ca: "authority.pem" };
  for (const [file, value] of Object.entries(settings)) {
    await runSql(server, `ALTER SYSTEM SET ssl_${file}_file = '${value}'`);
  }
  await runSql(server, "ALTER SYSTEM SET ssl = on");
  await runSql(server, "SELECT pg_reload_conf()");
  const shown = `SELECT current_setting('ssl') || current_setting('ssl_cert_file') AS shown`;
  await eventually(
    async () => (await runSql(server, shown))[0]!.shown === `on${name}.pem`,
    60_000,
    `the server shows ${name}.pem`,
  );
}

/** Opens a store and closes it. Were its failure tried again, this would take for ever. */
async function open(url: string): Promise<void> {
  const store = await PostgresProvider.open(url, { busyTimeout: 2_000_000_000 });
  await store[Symbol.asyncDispose]();
}

testOwnServer(
  "everything that opens by a URL is encrypted, and knows an authority of one's own",
  async (server) => {
    await show(server, "server");
    const url = `${server.url}?sslmode=verify-full&sslrootcert=${authority}&application_name=tls`;
    await using store = await PostgresProvider.open(url);
    await using search = await PostgresSearch.open(url);
    await using host = new WorkflowHostBuilder().usePersistence(store).useQueue(store.queue)
      .useLifecycle(store.lifecycle).useSearchIndex(search).build();
    host.registerWorkflow(
      new WorkflowBuilder<{ readonly n: number }>().waitFor("go", "key").name("Wait")
        .then((ctx) => ctx.update("n", (n) => n + 1)).name("Add").lock("lock").build("add", 1),
    );
    await host.start();
    const run = await host.startWorkflow<{ n: number }>("add", { n: 1 });
    await host.publishEvent("go", "key", null);
    assert.deepEqual(await run.result(), { n: 2 });
    const connections = await runSql(
      server,
      `SELECT query LIKE 'LISTEN%' AS listens, ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
    WHERE application_name = 'tls'`,
    );
    assert.ok(connections.some(({ listens }) => listens));
    assert.ok(connections.every(({ ssl }) => ssl));

    // The authority may also be one that Deno is told.
    const args = [
      "run",
      "--no-prompt",
      "--allow-net=127.0.0.1",
      "--allow-env",
      "--allow-read",
      "--allow-write",
    ];
    const wfe = new URL("../../cli/mod.ts", import.meta.url).pathname;
    const { code, stderr } = await new Deno.Command("deno", {
      args: [...args, wfe, "runs", "--db", `${server.url}?sslmode=verify-full`],
      env: { DENO_CERT: authority, NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  },
);

testOwnServer(
  "a certificate that is not trusted is refused at once, and the error says what it is",
  async (server) => {
    const untrusted = {
      code: "STORE",
      problem: "io",
      message:
        /^Cannot open .+: the server's certificate is not trusted.+; name its authority by sslrootcert/,
    };
    const foreign = {
      code: "STORE",
      problem: "io",
      message: /^Cannot open .+: the server's certificate is one of another host/,
    };
    const withAuthority = `sslrootcert=${authority}`;

    await show(server, "server");
    await assert.rejects(open(`${server.url}?sslmode=verify-full`), untrusted);
    await assert.rejects(PostgresSearch.open(`${server.url}?sslmode=verify-ca`), untrusted);
    await open(`${server.url}?sslmode=require`);
    await open(`${server.url}?sslrootcert=${authority}&sslnegotiation=direct`);
    const own = postgres(server.url, { ssl: { ca: await Deno.readTextFile(certificates.server) }, max: 1 });
    await assert.rejects(PostgresProvider.from(own as unknown as PostgresClient), untrusted);
    await own.end();
    // Who shows a certificate gets in where one is asked for, and who does not learns why.
    const other = server.url.replace(/postgres$/, "template1");
    await open(`${other}?sslmode=require&sslcert=${client}&sslkey=${key}`);
    await assert.rejects(open(`${other}?sslmode=require&sslcert=${certificates.expired}&sslkey=${key}`), {
      problem: "denied",
      message: /does not take the certificate/,
    });
    await assert.rejects(open(`${other}?sslmode=require`), {
      problem: "denied",
      message: /valid client certificate/,
    });
    await assert.rejects(open(other), {
      problem: "denied",
      message: /no encryption.+; .*sslmode in the URL/s,
    });

    await show(server, "foreign");
    await assert.rejects(open(`${server.url}?${withAuthority}`), foreign);
    await open(`${server.url.replace("127.0.0.1", "localhost")}?${withAuthority}`);
    await open(`${server.url}?sslmode=verify-ca&${withAuthority}`);

    await show(server, "expired");
    await assert.rejects(open(`${server.url}?sslmode=verify-ca&${withAuthority}`), untrusted);
  },
);

testPostgres(
  "a server that offers no encryption is refused where it is asked for, and used where it is optional",
  async () => {
    await assert.rejects(open(`${testUrl}?sslmode=require`), {
      code: "STORE",
      problem: "io",
      message: /offers no encryption.+; .+sslmode=disable/,
    });
    const schema = newSchema();
    await open(`${testUrl}?sslmode=prefer&schema=${schema}`);
    await dropSchema(schema);
  },
);
