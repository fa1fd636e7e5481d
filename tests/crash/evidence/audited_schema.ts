import type { PostgresOptions } from "../../../providers/postgres/mod.ts";
import { PostgresProvider } from "../../../providers/postgres/mod.ts";
import { emptying, newSchema, testClient } from "../../../providers/postgres/testing_postgres.ts";
import type { HistoryEntry } from "./history.ts";
import { beginAudit, readAudit } from "./postgres_audit.ts";

/** Port of the server that all tests share. */
export const sharedPort = 5433;

/** The URL of a server on this machine. */
export function urlOf(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

/** What is left to do in a store. */
export interface Left {
  /** Runs that have not ended. */
  readonly open: number;
  /** Whether something is under way all the same. */
  readonly busy: boolean;
}

/**
 * A store in a schema of its own on PostgreSQL, whose every accepted write is kept. It connects anew for each question: the
 * server may be restarted in between.
 */
export class AuditedSchema implements AsyncDisposable {
  /** Name of the schema. */
  readonly name = newSchema();
  /** The server's port. */
  readonly port: number;

  /** On the server of the tests, unless it is one at another port. */
  constructor(port: number = sharedPort) {
    this.port = port;
  }

  /** Makes it. */
  async make(): Promise<void> {
    await using _made = await this.open();
    await using client = this.#client();
    await beginAudit(client, this.name);
  }

  /** A connection to the store, by another way to the server where it is given the URL of one. */
  open(options: PostgresOptions = {}, url: string = urlOf(this.port)): Promise<PostgresProvider> {
    return PostgresProvider.open(url, { schema: this.name, listen: false, ...options });
  }

  /** Empties the store. */
  async clean(): Promise<void> {
    await using client = this.#client();
    await client.unsafe(
      `${
        emptying(this.name)
      }; DELETE FROM "${this.name}".audit_header; DELETE FROM "${this.name}".audit_pointer`,
    );
  }

  /** What is left to do; null where the server cannot say. */
  async left(): Promise<Left | null> {
    const sql = `
      SELECT (SELECT count(*)::integer FROM @wfe_instance WHERE ended_at IS NULL) AS open,
        EXISTS (SELECT 1 FROM @wfe_instance WHERE owner IS NOT NULL OR inbox_seq > inbox_read)
          OR EXISTS (SELECT 1 FROM @wfe_outbox) AS busy`;
    try {
      await using client = this.#client();
      const [row] = await client.unsafe(sql.replaceAll("@", `"${this.name}".`));
      return row as Left;
    } catch {
      return null;
    }
  }

  /** Whether the host of a process has runs. */
  async hasRuns(pid: number): Promise<boolean> {
    await using client = this.#client();
    const sql =
      `SELECT 1 FROM @wfe_instance JOIN @wfe_host ON incarnation = owner WHERE pid = ${pid} LIMIT 1`;
    return (await client.unsafe(sql.replaceAll("@", `"${this.name}".`))).length > 0;
  }

  /** The accepted writes, in order. */
  async history(): Promise<HistoryEntry[]> {
    await using client = this.#client();
    return await readAudit(client, this.name);
  }

  /** Drops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await using client = this.#client();
    await client.unsafe(`DROP SCHEMA IF EXISTS "${this.name}" CASCADE`);
  }

  #client(): ReturnType<typeof testClient> {
    return testClient({ port: this.port });
  }
}
