import type { StoredDefinition } from "../../src/definition/hash.ts";
import type { Connection } from "./connection.ts";
import { effect, unguarded, type Write } from "./write.ts";

const insertDefinition = effect(`
  INSERT INTO wfe_definition (hash, id, version, rules, content) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (hash) DO NOTHING`);

const selectDefinition = "SELECT hash, id, version, rules, content FROM wfe_definition";

/** Keeps a definition; one that is kept already stays where it is in the order of its revisions. */
export function saveDefinition({ hash, id, version, rules, content }: StoredDefinition): Write {
  return unguarded([insertDefinition, [hash, id, version, rules, content]]);
}

/** The definition with this hash. */
export function findDefinition(connection: Connection, hash: string): StoredDefinition | null {
  const row = connection.get<StoredDefinition>(`${selectDefinition} WHERE hash = ?1`, hash);
  return row ? Object.freeze({ ...row }) : null;
}

/** The contents of an id and version, newest first. */
export function findRevisions(connection: Connection, id: string, version: number): StoredDefinition[] {
  return connection
    .all<StoredDefinition>(
      `${selectDefinition} WHERE id = ?1 AND version = ?2 ORDER BY key DESC`,
      id,
      version,
    )
    .map((row) => Object.freeze({ ...row }));
}
