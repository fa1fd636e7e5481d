/**
 * Progress notes: the last one of each run, apart from its header, which commits write.
 *
 * Nothing takes a note away: it is shown while the attempt that it names has not ended.
 *
 * Append-only: published once, never edited.
 */
export const notes: string = `
CREATE TABLE wfe_note (
  run     INTEGER PRIMARY KEY REFERENCES wfe_instance (key) ON DELETE CASCADE,
  pointer INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  text    TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
`;
