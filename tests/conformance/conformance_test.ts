import { DatabaseSync } from "node:sqlite";
import { PostgresProvider } from "../../providers/postgres/mod.ts";
import { hasPostgres, SharedSchema, testUrl } from "../../providers/postgres/testing_postgres.ts";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";
import type { ValkeyProvider } from "../../providers/valkey/mod.ts";
import { hasValkey, OwnKeys } from "../../providers/valkey/testing_valkey.ts";
import { holdingClock } from "../../src/engine/held_clock.ts";
import { MemoryPersistence } from "../../src/memory/persistence.ts";
import type { StoreClock } from "../../src/provider/clock.ts";
import { holdingQueue } from "./holding_queue.ts";
import { suite } from "./suite.ts";

suite("memory", { open: (clock) => Promise.resolve(new MemoryPersistence({ clock })) });

let folder = "";

const openSqlite = (clock: StoreClock): Promise<SqliteProvider> =>
  SqliteProvider.open(`${folder}/test.db`, { clock, durability: "process" });

suite("sqlite", {
  open: async (clock) => {
    folder = await Deno.makeTempDir({ prefix: "wfe-conformance-" });
    return await openSqlite(clock);
  },
  connect: openSqlite,
  rows: () => Promise.resolve(countRows(`${folder}/test.db`)),
  clean: () => Deno.remove(folder, { recursive: true }),
});

const schema = new SharedSchema();

const openPostgres = (clock: StoreClock): Promise<PostgresProvider> =>
  PostgresProvider.open(testUrl, { clock, schema: schema.name, durability: "process" });

if (hasPostgres) {
  suite("postgres", {
    open: openPostgres,
    connect: openPostgres,
    rows: () => schema.rows(),
    iterations: 1_000,
    clean: () => schema.clean(),
  });
}

const keys = new OwnKeys();
let valkey: ValkeyProvider;
const queues: Disposable[] = [];

if (hasPostgres && hasValkey) {
  suite("postgres with valkey", {
    open: async (clock) => {
      valkey = await keys.open();
      return await openPostgres(clock);
    },
    connect: openPostgres,
    rows: () => schema.rows(),
    iterations: 1_000,
    wire: (builder, { clock, death }) => {
      const wired = builder.useLock(valkey.lock);
      if (!clock) return wired.useQueue(valkey.queue).useLifecycle(valkey.lifecycle);
      const queue = holdingQueue(valkey.queue, clock, death);
      queues.push(queue);
      return wired.useQueue(queue).useLifecycle(holdingClock(valkey.lifecycle, clock));
    },
    clean: async () => {
      for (const queue of queues.splice(0)) queue[Symbol.dispose]();
      await keys.clean();
      await schema.clean();
    },
  });
}

function countRows(path: string): Record<string, number> {
  const database = new DatabaseSync(path);
  try {
    // Those of SQLite itself, such as the last number it has given, are none of ours.
    const tables = database.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    ).all();
    return Object.fromEntries(
      tables.map(({ name }) => {
        const { count } = database.prepare(`SELECT count(*) AS count FROM "${name}"`).get()!;
        return [String(name), Number(count)];
      }),
    );
  } finally {
    database.close();
  }
}
