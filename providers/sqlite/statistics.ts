import type { Connection } from "./connection.ts";

const selectTables = "SELECT name FROM sqlite_schema WHERE name IN ('sqlite_stat1', 'sqlite_stat4')";
const isOurs = "tbl GLOB 'wfe_*'";

/**
 * Forgets what `ANALYZE` has counted of the provider's tables, by whatever program. By what was counted while tables were
 * small, statements read the whole of them when they no longer are; without, each is looked up by its index. What was
 * counted of other tables stays.
 */
export async function forgetStatistics(connection: Connection): Promise<void> {
  const tables = await connection.read(
    "look for statistics",
    () =>
      statisticsOf(connection).filter((table) =>
        connection.get(`SELECT 1 FROM ${table} WHERE ${isOurs} LIMIT 1`)
      ),
  );
  if (tables.length === 0) return;
  await connection.transaction("forget statistics", () => {
    for (const table of tables) connection.run(`DELETE FROM ${table} WHERE ${isOurs}`);
    // Other connections read anew what was counted when the schema has changed, this one when it is told to.
    connection.exec(
      "CREATE TABLE wfe_changed (x INTEGER) STRICT; DROP TABLE wfe_changed; ANALYZE sqlite_schema",
    );
  });
}

function statisticsOf(connection: Connection): string[] {
  return connection.all<{ readonly name: string }>(selectTables).map(({ name }) => name);
}
