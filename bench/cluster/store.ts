import postgres from "postgres";
import { PostgresProvider } from "../../providers/postgres/mod.ts";

/** A store in a schema of its own, empty, and gone when disposed. */
export class BenchStore implements AsyncDisposable {
  /** Where hosts find it. */
  readonly url: string;
  /** The store. */
  readonly store: PostgresProvider;
  readonly #schema: string;
  readonly #sql: ReturnType<typeof postgres>;

  private constructor(
    url: string,
    schema: string,
    store: PostgresProvider,
    sql: ReturnType<typeof postgres>,
  ) {
    this.url = url;
    this.store = store;
    this.#schema = schema;
    this.#sql = sql;
  }

  /** Makes it on a server. */
  static async open(server: string, schema = "wfe_bench"): Promise<BenchStore> {
    const sql = postgres(server, { max: 1, onnotice: () => {} });
    await sql.unsafe(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    const url = `${server}?schema=${schema}`;
    return new BenchStore(url, schema, await PostgresProvider.open(url), sql);
  }

  /** Runs a statement; `@` stands for the schema. */
  async all<Row>(text: string): Promise<readonly Row[]> {
    return await this.#sql.unsafe(text.replaceAll("@", `${this.#schema}.`)) as unknown as readonly Row[];
  }

  /** Copies a run so many times, with its data and activations. Ids begin with `prefix`. */
  async copy(id: string, prefix: string, count: number): Promise<void> {
    for (const [table, key] of [["instance", "id"], ["data", "run"], ["pointer", "run"]] as const) {
      const columns = await this.all<{ readonly name: string }>(`
        SELECT column_name AS name FROM information_schema.columns
        WHERE table_schema = '${this.#schema}' AND table_name = 'wfe_${table}'`);
      const names = columns.map(({ name }) => name);
      const values = names.map((name) => name === key ? `'${prefix}' || n` : `t.${name}`);
      await this.all(`
        INSERT INTO @wfe_${table} (${names})
        SELECT ${values} FROM @wfe_${table} AS t, generate_series(1, ${count}) AS n WHERE t.${key} = '${id}'`);
    }
  }

  /** Leaves nothing for the server to tidy up by itself. */
  async settle(): Promise<void> {
    await this.all("VACUUM ANALYZE");
    await this.all("CHECKPOINT");
  }

  /** How often a table of runs was read as a whole. */
  async scans(): Promise<number> {
    await this.all("SELECT pg_stat_force_next_flush()");
    const [row] = await this.all<{ readonly scans: number }>(`
      SELECT sum(seq_scan)::integer AS scans FROM pg_stat_user_tables
      WHERE schemaname = '${this.#schema}' AND relname IN ('wfe_instance', 'wfe_data', 'wfe_pointer')`);
    return row!.scans;
  }

  /** Milliseconds of processor that the server has used. */
  async serverTime(): Promise<number> {
    const [row] = await this.all<{ readonly pid: number }>(
      "SELECT (regexp_match(pg_read_file('postmaster.pid'), '^\\d+'))[1]::integer AS pid",
    );
    return await processorTime(row!.pid, true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    await this.all(`DROP SCHEMA ${this.#schema} CASCADE`);
    await this.#sql.end();
  }
}

/** Milliseconds of processor that a process has used, with all that it has started and that live, or have lived. */
export async function processorTime(pid: number, withChildren = false): Promise<number> {
  const children = withChildren ? '$(cat "/proc/$1/task/$1/children")' : "";
  const { stdout } = await new Deno.Command("bash", {
    args: [
      "-c",
      `for p in $1 ${children}; do cat "/proc/$p/stat" 2>/dev/null; done; getconf CLK_TCK`,
      "bash",
      String(pid),
    ],
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  const ticks = Number(lines.pop());
  return lines.reduce((sum, line) => {
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ").map(Number);
    // Of itself, user and system; of children that are gone, where they count.
    const own = fields[11]! + fields[12]! + (withChildren ? fields[13]! + fields[14]! : 0);
    return sum + own * 1_000 / ticks;
  }, 0);
}
