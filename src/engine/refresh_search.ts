import type { Instance } from "../instance/instance.ts";
import { type SearchDocument, searchDocument, searchMapping } from "../instance/search_document.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { SearchIndex } from "../provider/search.ts";
import { allRuns } from "./all_runs.ts";

/** Documents handed over at once. */
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
  const documents = allDocuments(index);
  const changed: SearchDocument[] = [];
  const done = { put: 0, removed: 0 };
  const flush = async () => {
    const ready = changed.splice(0);
    await index.put(ready);
    done.put += ready.length;
  };
  let known = await nextOf(documents);
  const passOver = async (document: SearchDocument) => {
    if (await removeIfGone(store, index, document)) done.removed++;
    known = await nextOf(documents);
  };
  for await (const run of allRuns(store)) {
    while (known && comesBefore(known, run)) await passOver(known);
    const isKnown = known?.id === run.id && known.createdAt === run.createdAt;
    if (all || !isKnown || isStale(known!, run)) {
      changed.push(searchDocument(run, await store.pointers(run.id)));
      if (changed.length === batch) await flush();
    }
    if (isKnown) known = await nextOf(documents);
  }
  while (known) await passOver(known);
  await flush();
  return done;
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

/** A document that was met without its run may be of one that has just been started: the store is asked. */
async function removeIfGone(
  store: Persistence,
  index: SearchIndex,
  { id, createdAt }: SearchDocument,
): Promise<boolean> {
  const run = await store.get(id);
  if (run?.createdAt === createdAt) return false;
  await index.remove([{ id, createdAt }]);
  return true;
}
