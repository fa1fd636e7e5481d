/**
 * Replaces a function of an earlier migration by one that differs in some places, so that a migration shows what it
 * changes and nothing else.
 *
 * @param migration the text that makes it
 * @param name what it is called, behind the schema
 * @param changes what stands there, once, and what takes its place
 */
export function amended(
  migration: string,
  name: string,
  changes: readonly (readonly [from: string, to: string])[],
): string {
  const start = migration.indexOf(`FUNCTION @${name}(`);
  const end = migration.indexOf("END $$;", start) + "END $$;".length;
  let text = `CREATE OR REPLACE ${migration.slice(start, end)}`;
  for (const [from, to] of changes) {
    const parts = text.split(from);
    if (start < 0 || parts.length !== 2) {
      throw new Error(`Cannot amend ${name}: ${from} does not stand there once`);
    }
    text = parts.join(to);
  }
  return `${text}\n`;
}
