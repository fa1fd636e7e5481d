/**
 * The tables of the search index. They are apart from the store's migrations: a store does without them, and what they
 * hold can always be made anew. So another layout has another number in its tables' names and is filled from the store.
 *
 * Of the words only the index is kept, by the rows' keys. They come without accents and in lower case; the boundary
 * between two texts (of private use, Co) must count as a word.
 */
export const searchSchema: string = `
CREATE TABLE IF NOT EXISTS wfe_search_2 (
  key           INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  created_at    INTEGER NOT NULL,
  sequence      INTEGER NOT NULL,
  definition_id TEXT NOT NULL,
  status        TEXT NOT NULL,
  reference     TEXT,
  ended_at      INTEGER,
  attributes    TEXT NOT NULL,
  document      TEXT NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS wfe_search_2_created ON wfe_search_2 (created_at, id);

CREATE VIRTUAL TABLE IF NOT EXISTS wfe_search_2_text USING fts5 (
  text, content = '', contentless_delete = 1,
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co'"
);
`;
