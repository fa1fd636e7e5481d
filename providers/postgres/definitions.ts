import type { StoredDefinition } from "../../src/definition/hash.ts";
import type { Connection } from "./connection.ts";
import { asJson } from "./instance_rows.ts";

const insertDefinition = `
  INSERT INTO @wfe_definition (hash, id, version, rules, content)
  SELECT $1, $2, $3::bigint, $4::integer, $5 WHERE NOT EXISTS (SELECT 1 FROM @wfe_definition WHERE hash = $1)
  ON CONFLICT (hash) DO NOTHING`;

const selectDefinition = "SELECT hash, id, version, rules, content FROM @wfe_definition";
const selectByHash = asJson(`${selectDefinition} WHERE hash = $1`);
const selectRevisions = asJson(
  `${selectDefinition} WHERE id = $1 AND version = $2::bigint ORDER BY key DESC`,
);

/** Keeps a definition; one that is kept already stays where it is in the order of its revisions. */
export async function saveDefinition(connection: Connection, definition: StoredDefinition): Promise<void> {
  const { hash, id, version, rules, content } = definition;
  await connection.all(`save definition ${id}`, insertDefinition, hash, id, version, rules, content);
}

/** The definition with this hash. */
export async function findDefinition(connection: Connection, hash: string): Promise<StoredDefinition | null> {
  const row = await connection.get<StoredDefinition>("read a definition", selectByHash, hash);
  return row ? Object.freeze(row) : null;
}

/** The contents of an id and version, newest first. */
export async function findRevisions(
  connection: Connection,
  id: string,
  version: number,
): Promise<StoredDefinition[]> {
  const rows = await connection.all<StoredDefinition>(`read definition ${id}`, selectRevisions, id, version);
  return rows.map((row) => Object.freeze(row));
}
