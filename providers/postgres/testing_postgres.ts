import postgres from "postgres";
import type { PostgresClient } from "./client.ts";

/** Where the server of the tests is. */
export const testUrl = "postgres://postgres@127.0.0.1:5433/postgres";

/** Whether the server of the tests answers. A test that needs it is skipped without it, with the reason, or fails. */
export const hasPostgres: boolean = await answers("PostgreSQL", "postgres", 5433);

/** Whether a service answers. Without it, what needs it is skipped, with the reason, or fails where that is asked for. */
export async function answers(name: string, service: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    const remedy = `deno task services:start ${service}`;
    const reason = `no ${name} answers at 127.0.0.1:${port}; start it by \`${remedy}\``;
    if (Deno.env.get("WFE_REQUIRE_SERVICES") === "1") throw new Error(`Cannot test: ${reason}`);
    console.log(`skipped: the tests of ${name}, for ${reason}`);
    return false;
  }
}

/** Registers a test that needs the server. */
export function testPostgres(name: string, fn: (test: Deno.TestContext) => Promise<void>): void {
  Deno.test({ name, ignore: !hasPostgres, fn });
}

/** A client of the test's own. */
export function testClient(options: Record<string, unknown> = {}): PostgresClient & AsyncDisposable {
  const client = postgres(testUrl, { max: 1, fetch_types: false, onnotice: () => {}, ...options });
  return Object.assign(client as unknown as PostgresClient, {
    [Symbol.asyncDispose]: async () => void await client.end({ timeout: 1 }),
  });
}

/** Runs statements on a connection of its own. */
export async function runSql<Row = unknown>(sql: string): Promise<Row[]> {
  await using client = testClient();
  return [...await client.unsafe(sql)] as Row[];
}

/** A schema that no other test has. */
export function newSchema(): string {
  return `test_${crypto.randomUUID().replaceAll("-", "")}`;
}

/** Drops a schema with all that is in it. */
export async function dropSchema(schema: string): Promise<void> {
  await runSql(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
}

/** Tables in an order that leaves nothing behind. */
const tables =
  "lock hint feed outbox dirty sink fan_out note log mail cursor subscription event data pointer instance host definition";

/** A statement that empties a schema of ours. */
export function emptying(schema: string): string {
  const deletions = tables.split(" ").map((table) => `DELETE FROM "${schema}".wfe_${table}`);
  return `BEGIN; SET LOCAL session_replication_role = replica; ${deletions.join("; ")}; COMMIT`;
}

/**
 * A schema that tests have one after the other, empty at the beginning of each: to make one takes longer than most
 * tests. It is dropped behind the last test of the file.
 */
export class SharedSchema {
  /** Its name. */
  readonly name: string = newSchema();

  constructor() {
    if (hasPostgres) Deno.test.afterAll(() => dropSchema(this.name));
  }

  /** Empties it. */
  async clean(): Promise<void> {
    await runSql(emptying(this.name));
  }

  /** How many rows it has, by table. */
  async rows(): Promise<Record<string, number>> {
    const counts = tables.split(" ").map((table) => `
      SELECT 'wfe_${table}' AS name, count(*)::integer AS count FROM "${this.name}".wfe_${table}`);
    const rows = await runSql<{ readonly name: string; readonly count: number }>(counts.join(" UNION ALL "));
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
  }
}
