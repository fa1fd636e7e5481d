import type { Instance } from "../instance/instance.ts";
import { type SearchDocument, searchDocument, searchMapping } from "../instance/search_document.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { SearchIndex } from "../provider/search.ts";
import { allRuns } from "./all_runs.ts";

/** Runs read, and documents handed over, at once. */
const batch = 100;
/** Documents read at once. */
const pageSize = 1_000;

/** Options of {@linkcode refreshSearch}. */
export interface RefreshOptions {
  /**
   * Whether to make the documents of all runs anew, rather than of those that have changed.
   *
   * @default false
   */
  readonly all?: boolean;
}

/** What {@linkcode refreshSearch} did. */
export interface RefreshedSearch {
  /** Documents put. */
  readonly put: number;
  /** Documents of purged runs taken out. */
  readonly removed: number;
}

/**
 * Brings a search index up to what the store holds: puts what is missing, was changed or was made by an older mapping,
 * and takes out what was purged. It compares all runs with all documents, both newest first; runs and their hosts do
 * nothing for it and wait for nothing. What changes meanwhile is for the next time.
 *
 * @throws {StoreError} where the store or the index fails; what was put so far remains
 *
 * @example
 * ```ts
 * import { MemoryPersistence, MemorySearch, refreshSearch } from "@wfe/engine";
 *
 * await using store = new MemoryPersistence();
 * await using index = new MemorySearch();
 * await refreshSearch(store, index);
 * const { hits } = await index.search("timeout", { filters: { status: ["Failed"] } });
 * ```
 */
export async function refreshSearch(
  store: Persistence,
  index: SearchIndex,
  { all = false }: RefreshOptions = {},
): Promise<RefreshedSearch> {
  const done = { put: 0, removed: 0 };
  const put = inBatches<string>(async (runIds) => {
    const summaries = [...(await store.summaries(runIds)).values()];
    await index.put(summaries.map(searchDocument));
    done.put += summaries.length;
  });
  const remove = inBatches<SearchDocument>(async (documents) => {
    // One that was met without its run may be of a run that has just been started.
    const summaries = await store.summaries(documents.map(({ id }) => id));
    const purged = documents.filter(({ id, createdAt }) => summaries.get(id)?.createdAt !== createdAt);
    await index.remove(purged.map(({ id, createdAt }) => ({ id, createdAt })));
    done.removed += purged.length;
  });
  const documents = allDocuments(index);
  let known = await nextOf(documents);
  for await (const run of allRuns(store)) {
    for (; known && comesBefore(known, run); known = await nextOf(documents)) await remove.add(known);
    const isKnown = known?.id === run.id && known.createdAt === run.createdAt;
    if (all || !isKnown || isStale(known!, run)) await put.add(run.id);
    if (isKnown) known = await nextOf(documents);
  }
  for (; known; known = await nextOf(documents)) await remove.add(known);
  await remove.flush();
  await put.flush();
  return done;
}

/** Collects items, and does something with them as often as there are many. */
function inBatches<Item>(
  action: (items: readonly Item[]) => Promise<void>,
): { readonly add: (item: Item) => Promise<void>; readonly flush: () => Promise<void> } {
  const items: Item[] = [];
  const flush = async (): Promise<void> => {
    if (items.length > 0) await action(items.splice(0));
  };
  const add = async (item: Item): Promise<void> => {
    items.push(item);
    if (items.length === batch) await flush();
  };
  return { add, flush };
}

/** All documents of an index, newest first, read in pages. */
async function* allDocuments(index: SearchIndex): AsyncGenerator<SearchDocument> {
  let cursor: string | null = null;
  do {
    const { hits, cursor: next } = await index.search("", {
      take: pageSize,
      ...cursor !== null && { cursor },
    });
    yield* hits;
    cursor = next;
  } while (cursor !== null);
}

async function nextOf(documents: AsyncGenerator<SearchDocument>): Promise<SearchDocument | null> {
  const { done, value } = await documents.next();
  return done ? null : value;
}

/** Whether a document stands before a run in the order of both. */
function comesBefore(document: SearchDocument, { createdAt, id }: Instance): boolean {
  return document.createdAt > createdAt || document.createdAt === createdAt && document.id > id;
}

function isStale({ sequence, mapping }: SearchDocument, run: Instance): boolean {
  return sequence < run.sequence || mapping < searchMapping;
}
