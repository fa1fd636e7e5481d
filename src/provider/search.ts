import type { SearchDocument } from "../instance/search_document.ts";
import type { WorkflowStatus } from "../instance/status.ts";

/**
 * Finds runs by what is known of them. An index is a copy: it may lag behind the store, be lost and be filled again, and
 * no workflow waits for it.
 *
 * Every method may reject with a `StoreError`; the same call may then be made again.
 */
export interface SearchIndex extends AsyncDisposable {
  /**
   * Keeps documents, all or an unknown part of them where it rejects. One that is older than what is kept of its run
   * (started earlier, or of the same start with a smaller sequence) changes nothing; one that is as old replaces it.
   */
  put(documents: readonly SearchDocument[]): Promise<void>;
  /** Forgets runs that were purged, but not a later run of the same id. */
  remove(runs: readonly Pick<SearchDocument, "id" | "createdAt">[]): Promise<void>;
  /**
   * The runs in which each of the terms is found, in a page.
   *
   * Terms are divided by blanks. One is found where words begin with it, in the id, the definition's id, the status, the
   * reference, the steps' keys, the errors or the values of attributes; case, accents and what is no letter or digit make no difference. No terms
   * find everything. They may have 200 words.
   *
   * @throws {InvalidSearchError}
   */
  search(terms: string, query?: SearchQuery): Promise<SearchPage>;
}

/** Which runs to show of those that the terms find, and how. */
export interface SearchQuery {
  /** Only runs that pass all of these. */
  readonly filters?: SearchFilters;
  /**
   * The order.
   * @default { by: "createdAt", order: "descending" }
   */
  readonly sort?: SearchSort;
  /**
   * So many are left out; not together with `cursor`.
   * @default 0
   */
  readonly skip?: number;
  /**
   * At most so many, 1 to 1,000.
   * @default 50
   */
  readonly take?: number;
  /** Goes on behind a page: its `cursor`, with the same sort. */
  readonly cursor?: string;
}

/** What runs must be like. Each value must be met exactly; times are milliseconds since 1970. */
export interface SearchFilters {
  /** One of these statuses. */
  readonly status?: readonly WorkflowStatus[];
  /** This definition. */
  readonly definitionId?: string;
  /** This reference. */
  readonly reference?: string;
  /** A step of this key has begun. */
  readonly step?: string;
  /** These attributes; of a list, that it has the text. A text, a number and a boolean are never equal. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Started at this time or later. */
  readonly createdFrom?: number;
  /** Started before this time. */
  readonly createdBefore?: number;
  /** Ended at this time or later. */
  readonly endedFrom?: number;
  /** Ended before this time. */
  readonly endedBefore?: number;
}

/** An order of runs. Of those that are equal, the id decides, in the same direction. */
export interface SearchSort {
  /** What by; a run that has not ended counts as one that ends last. */
  readonly by: "createdAt" | "endedAt" | "id";
  /**
   * Which end comes first.
   * @default "descending"
   */
  readonly order?: "ascending" | "descending";
}

/** A part of what was found. */
export interface SearchPage {
  /** The documents of the runs. */
  readonly hits: readonly SearchDocument[];
  /** How many runs were found in all. */
  readonly total: number;
  /** Where the next page begins, or null where this is the last. */
  readonly cursor: string | null;
}
