/**
 * The table of the search index. It is apart from the store's migrations: a store does without it, and what it holds can
 * always be made anew. So another layout has another number in its table's name and is filled from the store.
 *
 * `words` has the different words of `text`, without their places, of which a tsvector holds 16,383 at most: phrases are
 * looked for in what the words have found. Documents come in batches, so they need not wait in a list of the index's own
 * (`fastupdate`), which every search would have to read.
 */
export const searchSchema: string = `
CREATE TABLE @wfe_search_1 (
  id            text COLLATE "C" PRIMARY KEY,
  created_at    bigint NOT NULL,
  sequence      bigint NOT NULL,
  definition_id text COLLATE "C" NOT NULL,
  status        text COLLATE "C" NOT NULL,
  reference     text COLLATE "C",
  steps         text[] COLLATE "C" NOT NULL,
  attributes    text[] COLLATE "C" NOT NULL,
  ended_at      bigint,
  ends_at       bigint NOT NULL,
  words         tsvector NOT NULL,
  text          text COLLATE "C" NOT NULL,
  document      json NOT NULL
);

CREATE INDEX wfe_search_1_created ON @wfe_search_1 (created_at, id);
CREATE INDEX wfe_search_1_ends ON @wfe_search_1 (ends_at, id);
CREATE INDEX wfe_search_1_definition ON @wfe_search_1 (definition_id, created_at, id);
CREATE INDEX wfe_search_1_status ON @wfe_search_1 (status, created_at, id);
CREATE INDEX wfe_search_1_reference ON @wfe_search_1 (reference) WHERE reference IS NOT NULL;
CREATE INDEX wfe_search_1_steps ON @wfe_search_1 USING gin (steps) WITH (fastupdate = off);
CREATE INDEX wfe_search_1_attributes ON @wfe_search_1 USING gin (attributes) WITH (fastupdate = off);
CREATE INDEX wfe_search_1_words ON @wfe_search_1 USING gin (words) WITH (fastupdate = off);
`;
