import { type SearchDocument, searchDocument } from "../instance/search_document.ts";
import { StoreError } from "../provider/errors.ts";
import type { DirtyRun, Persistence } from "../provider/persistence.ts";
import type { SearchIndex } from "../provider/search.ts";
import { SearchIndexError } from "./errors.ts";
import { refreshSearch } from "./refresh_search.ts";
import type { SinkFeed } from "./sink_pump.ts";
import { telemetry } from "./telemetry.ts";

/** Runs whose documents are handed over at once. */
const batch = 100;

/** The sink for which is kept which runs the search index has not heard of. */
export const searchSink = "wfe.search";

/**
 * Puts the documents of dirty runs into a search index, and takes out those of purged ones. It goes through the runs in
 * the order of their ids, again and again, so that none that changes all the time keeps others back.
 *
 * Where an index may have lost everything it is compared with the store: when it is new, and when it is found empty at the
 * beginning or after a failure.
 */
export class SearchFeed implements SinkFeed {
  /** Name of the sink. */
  readonly name = searchSink;
  /** It is told which runs have changed. */
  readonly kind = "runs";
  /** Several changes of a run are one document. */
  readonly linger = 1_000;
  readonly #persistence: Persistence;
  readonly #index: SearchIndex;
  /** The last run of the part before. */
  #after: string | undefined;
  /** Whether the index may have been emptied. */
  #isUnsure = true;
  /** Why a document was refused in this round. */
  #refusal: unknown = null;

  constructor(persistence: Persistence, index: SearchIndex) {
    this.#persistence = persistence;
    this.#index = index;
  }

  /**
   * Hands over the next part.
   *
   * @throws {SearchIndexError} where the index cannot be used, or, when all else is handed over, refuses documents
   */
  async handOver(mayGoOn: () => Promise<boolean>): Promise<boolean> {
    const index = guarded(this.#index, mayGoOn);
    try {
      return await (telemetry ? telemetry.within(null, () => this.#next(index)) : this.#next(index));
    } catch (error) {
      if (error instanceof NotOurs) return false;
      if (error instanceof SearchIndexError) this.#isUnsure = true;
      throw error;
    }
  }

  async #next(index: SearchIndex): Promise<boolean> {
    const runs = await this.#persistence.readDirty(this.name, batch, this.#after);
    const isNew = runs[0]?.runId === "";
    if (isNew || this.#isUnsure && await isEmpty(index)) await refreshSearch(this.#persistence, index);
    this.#isUnsure = false;
    const done = await this.#tell(index, runs.filter(({ runId }) => runId !== ""));
    if (isNew) done.push(runs[0]!);
    if (done.length > 0) await this.#persistence.clearDirty(this.name, done);
    if (runs.length === batch) {
      this.#after = runs.at(-1)!.runId;
      return true;
    }
    this.#after = undefined;
    const refusal = this.#refusal;
    this.#refusal = null;
    if (refusal) throw refusal;
    return false;
  }

  /** Tells the index of runs; returns what may be cleared. */
  async #tell(index: SearchIndex, runs: readonly DirtyRun[]): Promise<DirtyRun[]> {
    if (runs.length === 0) return [];
    const summaries = await this.#persistence.summaries(runs.map(({ runId }) => runId));
    const purged = runs.filter(({ runId }) => !summaries.has(runId));
    const kept = await this.#put(index, [...summaries.values()].map(searchDocument));
    if (purged.length > 0) {
      await index.remove(purged.map(({ runId, createdAt }) => ({ id: runId, createdAt })));
    }
    return [...kept.map(({ id, createdAt, sequence }) => ({ runId: id, createdAt, sequence })), ...purged];
  }

  /** Puts documents; where some are refused for good, all others. Returns those that were put. */
  async #put(index: SearchIndex, documents: readonly SearchDocument[]): Promise<readonly SearchDocument[]> {
    if (documents.length === 0) return [];
    try {
      await index.put(documents);
      return documents;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (documents.length === 1) {
        this.#refusal = error;
        return [];
      }
      const half = Math.ceil(documents.length / 2);
      const first = await this.#put(index, documents.slice(0, half));
      return [...first, ...await this.#put(index, documents.slice(half))];
    }
  }
}

/** Another host feeds the index by now. */
class NotOurs extends Error {}

/** The index, as long as this host is to feed it; its errors can be told from those of the store. */
function guarded(index: SearchIndex, mayGoOn: () => Promise<boolean>): SearchIndex {
  const ask = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    if (!await mayGoOn()) throw new NotOurs();
    try {
      return await call();
    } catch (error) {
      throw new SearchIndexError(error);
    }
  };
  return {
    put: (documents) => ask(() => index.put(documents)),
    remove: (runs) => ask(() => index.remove(runs)),
    search: (terms, query) => ask(() => index.search(terms, query)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function isEmpty(index: SearchIndex): Promise<boolean> {
  return (await index.search("", { take: 1 })).total === 0;
}

function isRefusal(error: unknown): boolean {
  const { cause } = error as Error;
  return cause instanceof StoreError && cause.problem === "unsupported";
}
