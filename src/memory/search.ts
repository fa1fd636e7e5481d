import { attributeTerms } from "../definition/attributes.ts";
import type { SearchDocument } from "../instance/search_document.ts";
import { StoreError } from "../provider/errors.ts";
import type { SearchFilters, SearchIndex, SearchPage, SearchQuery } from "../provider/search.ts";
import {
  positionOf,
  searchPage,
  type SearchPosition,
  searchRequest,
  termsOfFilters,
} from "../provider/search_request.ts";
import { searchableText } from "../provider/search_text.ts";

interface Entry {
  readonly document: SearchDocument;
  /** Its words, with a blank before each. */
  readonly text: string;
}

/** The reference implementation of {@linkcode SearchIndex}: everything in memory; a search looks at each document. */
export class MemorySearch implements SearchIndex {
  readonly #entries = new Map<string, Entry>();
  #closed = false;

  /** Keeps what is newer than what is there. */
  put(documents: readonly SearchDocument[]): Promise<void> {
    return this.#do(() => {
      for (const document of documents) {
        const kept = this.#entries.get(document.id)?.document;
        if (kept && isOlder(document, kept)) continue;
        this.#entries.set(document.id, { document, text: ` ${searchableText(document)}` });
      }
    });
  }

  /** Forgets purged runs. */
  remove(runs: readonly Pick<SearchDocument, "id" | "createdAt">[]): Promise<void> {
    return this.#do(() => {
      for (const { id, createdAt } of runs) {
        const kept = this.#entries.get(id)?.document;
        if (kept && kept.createdAt <= createdAt) this.#entries.delete(id);
      }
    });
  }

  /** Looks at each document. */
  search(terms: string, query?: SearchQuery): Promise<SearchPage> {
    return this.#do(() => {
      const request = searchRequest(terms, query);
      const { phrases, filters, by, descending, skip, take, after } = request;
      const found = [...this.#entries.values()]
        .filter(({ text }) => phrases?.every((phrase) => text.includes(` ${phrase}`)))
        .map(({ document }) => document)
        .filter((document) => passes(document, filters));
      const direction = descending ? -1 : 1;
      const sorted = found
        .map((document) => ({ document, position: positionOf(document, by) }))
        .sort((a, b) => direction * compare(a.position, b.position));
      const rest = sorted.filter(({ position }) => !after || direction * compare(position, after) > 0);
      const page = rest.slice(skip, skip + take + 1).map(({ document }) => document);
      return searchPage(page, found.length, request);
    });
  }

  /** Refuses everything from now on. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  /** Runs `work` at once; what it throws becomes a rejection. */
  // deno-lint-ignore require-await
  async #do<Result>(work: () => Result): Promise<Result> {
    if (this.#closed) throw new StoreError("closed", "Cannot use the search index in memory: it is closed");
    return work();
  }
}

function isOlder(document: SearchDocument, than: SearchDocument): boolean {
  const age = document.createdAt - than.createdAt || document.sequence - than.sequence;
  return age < 0;
}

function passes(
  { status, definitionId, reference, steps, attributes, createdAt, endedAt }: SearchDocument,
  filters: SearchFilters,
): boolean {
  const { createdFrom = -Infinity, createdBefore = Infinity, endedFrom, endedBefore, step } = filters;
  return (filters.status?.includes(status) ?? true) &&
    (filters.definitionId ?? definitionId) === definitionId &&
    (filters.reference ?? reference) === reference &&
    (step === undefined || steps.includes(step)) &&
    termsOfFilters(filters).every((term) => attributeTerms(attributes).includes(term)) &&
    createdAt >= createdFrom && createdAt < createdBefore &&
    (endedFrom === undefined || endedAt !== null && endedAt >= endedFrom) &&
    (endedBefore === undefined || endedAt !== null && endedAt < endedBefore);
}

function compare(a: SearchPosition, b: SearchPosition): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
