import type { SearchFilters, SearchSort } from "../../src/provider/search.ts";
import { type SearchRequest, termsOfFilters } from "../../src/provider/search_request.ts";

/** As many words may begin with a prefix as there are. */
const all = 2 ** 31 - 1;
/** Characters of a prefix that the server looks for by its quicker way. */
const longestPrefix = 500;

const sortFields: Readonly<Record<SearchSort["by"], string>> = {
  createdAt: "createdAt",
  endedAt: "endsAt",
  id: "id",
};

/** What a filter asks of a document. */
const conditions: {
  readonly [Name in keyof SearchFilters]-?: (value: NonNullable<SearchFilters[Name]>) => object;
} = {
  status: (statuses) => ({ terms: { status: statuses } }),
  definitionId: (id) => ({ term: { definitionId: id } }),
  reference: (reference) => ({ term: { reference } }),
  step: (key) => ({ term: { steps: key } }),
  attributes: (attributes) => ({
    bool: { filter: termsOfFilters({ attributes }).map((term) => ({ term: { attributes: term } })) },
  }),
  createdFrom: (time) => ({ range: { createdAt: { gte: time } } }),
  createdBefore: (time) => ({ range: { createdAt: { lt: time } } }),
  endedFrom: (time) => ({ range: { endedAt: { gte: time } } }),
  endedBefore: (time) => ({ range: { endedAt: { lt: time } } }),
};

/** The part of a search that says what is found, and in which order. */
export function searchBody({ filters, by, descending }: SearchRequest, phrases: readonly string[]): object {
  const asked = Object.entries(conditions).flatMap(([name, condition]) => {
    const value = filters[name as keyof SearchFilters];
    return value === undefined ? [] : [(condition as (value: unknown) => object)(value)];
  });
  const order = descending ? "desc" : "asc";
  return {
    query: { bool: { filter: [...phrases.map(phraseQuery), ...asked] } },
    sort: [{ [sortFields[by]]: order }, ...by === "id" ? [] : [{ id: order }]],
    track_total_hits: true,
  };
}

/** Words one after another, the last of which may go on. */
function phraseQuery(phrase: string): object {
  return phrase.includes(" ") || phrase.length > longestPrefix
    ? { match_phrase_prefix: { words: { query: phrase, max_expansions: all } } }
    : { prefix: { words: phrase } };
}
