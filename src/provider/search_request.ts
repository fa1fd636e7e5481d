import { InvalidSearchError } from "./errors.ts";
import type { SearchDocument } from "../instance/search_document.ts";
import type { SearchFilters, SearchPage, SearchQuery, SearchSort } from "./search.ts";
import { attributeTerm } from "../definition/attributes.ts";
import { phrasesOf } from "./search_text.ts";

const mostTaken = 1_000;
const usuallyTaken = 50;
/** Words to look for: the limits of query languages are near. */
const mostWords = 200;
/** When a run ends that has not ended, in an order. */
export const notEnded = 9e15;

/** A search, checked and with its defaults: what indexes work from. */
export interface SearchRequest {
  /** What to look for; null finds nothing. */
  readonly phrases: readonly string[] | null;
  /** Which runs to show. */
  readonly filters: SearchFilters;
  /** What the runs are put in order by. */
  readonly by: SearchSort["by"];
  /** Whether the greatest comes first. */
  readonly descending: boolean;
  /** How many are left out. */
  readonly skip: number;
  /** At most so many. */
  readonly take: number;
  /** The last run of the page before. */
  readonly after: SearchPosition | null;
}

/** Where a run stands in an order. */
export interface SearchPosition {
  /** What the order is by. */
  readonly value: number | string;
  /** Id of the run. */
  readonly id: string;
}

/**
 * Checks what a caller asks for.
 *
 * @throws {InvalidSearchError}
 */
export function searchRequest(terms: string, query: SearchQuery = {}): SearchRequest {
  const { filters = {}, sort, skip = 0, take = usuallyTaken, cursor } = query;
  const by = sort?.by ?? "createdAt";
  if (!["createdAt", "endedAt", "id"].includes(by)) {
    throw new InvalidSearchError("the sort must be by createdAt, endedAt or id", by);
  }
  if (!Number.isSafeInteger(skip) || skip < 0) throw new InvalidSearchError("skip must count runs", skip);
  if (!Number.isSafeInteger(take) || take < 1 || take > mostTaken) {
    throw new InvalidSearchError(`take must be from 1 to ${mostTaken}`, take);
  }
  if (cursor !== undefined && skip > 0) {
    throw new InvalidSearchError("skip cannot go with a cursor; leave one out", skip);
  }
  const after = cursor === undefined ? null : readCursor(cursor, by);
  const phrases = phrasesOf(terms);
  const words = phrases?.reduce((sum, phrase) => sum + phrase.split(" ").length, 0) ?? 0;
  if (words > mostWords) {
    throw new InvalidSearchError(`the terms may have ${mostWords} different words at most`, words);
  }
  const descending = sort?.order !== "ascending";
  return { phrases, filters, by, descending, skip, take, after };
}

/** What a document's attribute terms must have to pass the filters. */
export function termsOfFilters({ attributes = {} }: SearchFilters): string[] {
  return Object.entries(attributes).map(([name, value]) => attributeTerm(name, value));
}

/** Where a run stands in an order. */
export function positionOf(document: SearchDocument, by: SearchSort["by"]): SearchPosition {
  return { value: document[by] ?? notEnded, id: document.id };
}

/** A page of runs, from up to one more than were asked for. */
export function searchPage(
  found: readonly SearchDocument[],
  total: number,
  request: SearchRequest,
): SearchPage {
  const hits = found.slice(0, request.take);
  const last = hits.at(-1);
  if (!last || found.length <= request.take) return { hits, total, cursor: null };
  const { value, id } = positionOf(last, request.by);
  return { hits, total, cursor: JSON.stringify([request.by, value, id]) };
}

function readCursor(cursor: string, by: SearchSort["by"]): SearchPosition {
  const [sortedBy, value, id] = parsed(cursor);
  const expected = by === "id" ? "string" : "number";
  if (sortedBy === by && typeof value === expected && typeof id === "string") {
    return { value: value as number | string, id };
  }
  throw new InvalidSearchError(
    `the cursor is of no page by ${by}; give one with the sort it came from`,
    cursor,
  );
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(cursor);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
