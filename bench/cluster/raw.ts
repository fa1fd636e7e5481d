import postgres from "postgres";

/** Clients that write at the same time. */
export const clients = 32;
/** Milliseconds of each measurement. */
const duration = 3_000;

const tables = `
  DROP SCHEMA IF EXISTS wfe_raw CASCADE;
  CREATE SCHEMA wfe_raw;
  CREATE TABLE wfe_raw.header (id integer PRIMARY KEY, sequence bigint NOT NULL, status text NOT NULL) WITH (fillfactor = 60);
  CREATE TABLE wfe_raw.result (run integer, id bigint, output json, PRIMARY KEY (run, id));
  CREATE SEQUENCE wfe_raw.number;
  INSERT INTO wfe_raw.header SELECT n, 0, 'Runnable' FROM generate_series(0, ${clients}) AS n;`;

/** A step as an engine must record it that commits each by itself: the header of its run moves, its result is added. */
const step = `
  WITH moved AS (UPDATE wfe_raw.header SET sequence = sequence + 1 WHERE id = $1)
  INSERT INTO wfe_raw.result (run, id, output) VALUES ($1, nextval('wfe_raw.number'), '{"v":1}')`;

/** What a server does without an engine. */
export class RawServer implements AsyncDisposable {
  readonly #sql: ReturnType<typeof postgres>;
  #heard = Promise.withResolvers<void>();

  private constructor(sql: ReturnType<typeof postgres>) {
    this.#sql = sql;
  }

  /** Connects. */
  static async open(url: string): Promise<RawServer> {
    const sql = postgres(url, { max: clients, onnotice: () => {} });
    await sql.unsafe(tables);
    const raw = new RawServer(sql);
    await sql.listen("wfe_raw", () => raw.#heard.resolve());
    return raw;
  }

  /** Commits a second of two rows each, by 32 clients at a time. */
  async commits(): Promise<number> {
    const end = performance.now() + duration;
    let count = 0;
    await Promise.all(Array.from({ length: clients }, async (_, client) => {
      for (; performance.now() < end; count++) await this.#sql.unsafe(step, [client], { prepare: true });
    }));
    return count / (duration / 1_000);
  }

  /** Milliseconds of one such commit by one client alone. */
  async commit(): Promise<number> {
    const started = performance.now();
    await this.#sql.unsafe(step, [clients], { prepare: true });
    return performance.now() - started;
  }

  /** Milliseconds from sending a NOTIFY to its coming at another connection. */
  async notify(): Promise<number> {
    this.#heard = Promise.withResolvers();
    const started = performance.now();
    await Promise.all([this.#sql.unsafe("NOTIFY wfe_raw"), this.#heard.promise]);
    return performance.now() - started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sql.unsafe("DROP SCHEMA IF EXISTS wfe_raw CASCADE");
    await this.#sql.end();
  }
}
