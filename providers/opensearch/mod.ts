/**
 * Runs found by OpenSearch.
 *
 * @example Usage
 * ```ts ignore
 * import { OpenSearchIndex } from "@wfe/engine/opensearch";
 *
 * await using index = OpenSearchIndex.open("http://127.0.0.1:9200");
 * const { hits } = await index.search("timeout", { filters: { status: ["Failed"] } });
 * ```
 *
 * @module
 */
export type { OpenSearchAnswer, OpenSearchClient, OpenSearchRequest, OpenSearchTransport } from "./client.ts";
export type { OpenSearchClientOptions, OpenSearchOptions } from "./options.ts";
export { OpenSearchIndex } from "./search.ts";
