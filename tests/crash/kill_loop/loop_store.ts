import { DatabaseSync } from "node:sqlite";
import { SqliteProvider } from "../../../providers/sqlite/mod.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import type { Left } from "../evidence/audited_schema.ts";
import type { HistoryEntry } from "../evidence/history.ts";
import { beginAudit, readAudit } from "../evidence/sqlite_audit.ts";
import { files, type ServerSettings } from "./messages.ts";

/** The store of a kill loop, as who watches it sees it: every accepted write is kept in it. */
export interface LoopStore extends AsyncDisposable {
  /** How engines find it; null for the database in their folder. */
  readonly server: ServerSettings | null;
  /** A connection of the witness's own. */
  readonly store: Persistence;
  /** What is left to do. */
  left(): Promise<Left | null>;
  /** The accepted writes, in order. */
  history(): Promise<HistoryEntry[]>;
  /** What is wrong with the store itself. */
  problems(): string[];
}

/** What {@linkcode openLoopStore} is given. */
export interface LoopStoreParts {
  /** Folder of the engines. */
  readonly folder: string;
  /** Milliseconds that a lease lasts. */
  readonly leaseTtl: number;
}

/** The stores, by name. */
export const loopStores = { sqlite, postgres } as const;

/** Makes an SQLite database in the folder. */
async function sqlite({ folder }: LoopStoreParts): Promise<LoopStore> {
  const path = `${folder}/${files.database}`;
  const store = await SqliteProvider.open(path);
  const database = new DatabaseSync(path);
  beginAudit(database);
  const count = database.prepare(`
    SELECT (SELECT count(*) FROM wfe_instance WHERE ended_at IS NULL) AS open,
      EXISTS (SELECT 1 FROM wfe_instance WHERE owner IS NOT NULL OR inbox_seq > inbox_read)
        OR EXISTS (SELECT 1 FROM wfe_outbox) AS busy`);
  return {
    server: null,
    store,
    left() {
      const { open, busy } = count.get() as { open: number; busy: number };
      return Promise.resolve({ open, busy: busy !== 0 });
    },
    history: () => Promise.resolve(readAudit(database)),
    problems() {
      const integrity = database.prepare("PRAGMA integrity_check").all()
        .map((row) => String(row["integrity_check"])).filter((text) => text !== "ok");
      const foreign = database.prepare("PRAGMA foreign_key_check").all();
      return [
        ...integrity.map((text) => `integrity check: ${text}`),
        ...foreign.slice(0, 3).map((row) => `a foreign key leads nowhere: ${JSON.stringify(row)}`),
      ];
    },
    async [Symbol.asyncDispose]() {
      database.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Makes a schema on the PostgreSQL server of the tests, whose driver is loaded only then. */
async function postgres({ leaseTtl }: LoopStoreParts): Promise<LoopStore> {
  const { AuditedSchema, sharedPort, urlOf } = await import("../evidence/audited_schema.ts");
  const schema = new AuditedSchema();
  await schema.make();
  const store = await schema.open();
  return {
    server: { url: urlOf(sharedPort), schema: schema.name, statementTimeout: 2 * leaseTtl },
    store,
    left: () => schema.left(),
    history: () => schema.history(),
    problems: () => [],
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await schema[Symbol.asyncDispose]();
    },
  };
}
