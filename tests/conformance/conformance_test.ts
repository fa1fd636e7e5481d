import { DatabaseSync } from "node:sqlite";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";
import { MemoryPersistence } from "../../src/memory/persistence.ts";
import type { StoreClock } from "../../src/provider/clock.ts";
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
