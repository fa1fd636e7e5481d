import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { SearchDocument } from "../../src/instance/search_document.ts";
import { StoreError } from "../../src/provider/errors.ts";
import type { SearchIndex, SearchPage, SearchQuery } from "../../src/provider/search.ts";
import { searchPage, searchRequest } from "../../src/provider/search_request.ts";
import { type Action, putAction, removeAction, sendBulk } from "./bulk.ts";
import { answerError } from "./errors.ts";
import type { OpenSearchClient } from "./client.ts";
import { clientTransport } from "./client_transport.ts";
import { fetchTransport } from "./fetch_transport.ts";
import {
  completeOptions,
  type OpenSearchClientOptions,
  type OpenSearchOptions,
  readUrl,
  type Settings,
} from "./options.ts";
import { isPrepared, prepareIndex } from "./prepare.ts";
import { searchBody } from "./query.ts";
import { errorOf, Server } from "./server.ts";
import type { Transport } from "./transport.ts";

/** What a server gives at most at once. */
const window = 10_000;

interface Hit {
  readonly _source: { readonly document: SearchDocument };
  readonly sort: readonly (number | string)[];
}

interface Found {
  readonly total: number;
  readonly hits: readonly Hit[];
}

/**
 * A search index on an OpenSearch server. Opening asks the server nothing, so a program starts while it is down: the
 * index is made, or brought up to date, by the first document that is put.
 *
 * @example Usage
 * ```ts ignore
 * import { WorkflowHostBuilder } from "@wfe/engine";
 * import { OpenSearchIndex } from "@wfe/engine/opensearch";
 *
 * await using index = OpenSearchIndex.open("http://127.0.0.1:9200");
 * await using host = new WorkflowHostBuilder().useSearchIndex(index).build();
 * ```
 */
export class OpenSearchIndex implements SearchIndex {
  readonly #settings: Settings;
  readonly #server: Server;
  #preparation: Promise<void> | null = null;
  /** Whether something was written that a search might not see yet. */
  #isUnseen = false;

  private constructor(transport: Transport, settings: Settings) {
    this.#settings = settings;
    this.#server = new Server(transport, settings.requestTimeout);
  }

  /**
   * An index on a server.
   *
   * @param url like `https://user:password@host:9200/?index=wfe-runs`
   * @throws {StoreError} when the URL or the index's name cannot be understood
   */
  static open(url: string | URL, options: OpenSearchOptions = {}): OpenSearchIndex {
    const { fetch = globalThis.fetch, ...more } = options;
    const { server, authorization, index } = readUrl(url);
    const settings = completeOptions({ ...index !== null && { index }, ...more });
    return new OpenSearchIndex(fetchTransport({ server, authorization, fetch }), settings);
  }

  /**
   * An index reached by a client of the caller's, of `npm:@opensearch-project/opensearch`, who closes it after the index.
   * Nodes, certificates, passwords, signatures and how often a request is tried are the client's.
   *
   * @throws {StoreError} when the index's name cannot be understood
   *
   * @example
   * ```ts ignore
   * import { Client } from "npm:@opensearch-project/opensearch";
   * import { OpenSearchIndex } from "@wfe/engine/opensearch";
   *
   * const client = new Client({ nodes: ["https://one.example.com:9200", "https://two.example.com:9200"] });
   * await using index = OpenSearchIndex.from(client, { index: "orders" });
   * ```
   */
  static from(client: OpenSearchClient, options: OpenSearchClientOptions = {}): OpenSearchIndex {
    return new OpenSearchIndex(clientTransport(client), completeOptions(options));
  }

  /**
   * Keeps what is newer than what is there.
   *
   * @throws {StoreError} `unsupported` where some are refused for good: the others are kept; `missing` where the index
   * was deleted: the next call makes it anew, empty
   */
  put(documents: readonly SearchDocument[]): Promise<void> {
    return this.#write(documents.map(putAction));
  }

  /** Forgets purged runs. */
  remove(runs: readonly Pick<SearchDocument, "id" | "createdAt">[]): Promise<void> {
    return this.#write(runs.map(removeAction));
  }

  /** Sees what was put here before; what others have put, a second later. An index that is not there is empty. */
  async search(terms: string, query?: SearchQuery): Promise<SearchPage> {
    this.#server.refuseWhereClosed("search");
    const request = searchRequest(terms, query);
    const { phrases, take, after, by } = request;
    if (!phrases) return searchPage([], 0, request);
    await this.#makeSeen();
    const body = searchBody(request, phrases);
    let { skip } = request;
    let behind = after && (by === "id" ? [after.id] : [after.value, after.id]);
    // Further in than a server counts, the way leads over the last of what is left out.
    while (skip + take + 1 > window || skip > 0 && behind) {
      const size = Math.min(skip, window);
      const { hits, total } = await this.#ask({ ...body, size, _source: false, ...searchAfter(behind) });
      if (hits.length < size) return searchPage([], total, request);
      behind = [...hits.at(-1)!.sort];
      skip -= size;
    }
    const { hits, total } = await this.#ask({
      ...body,
      size: take + 1,
      _source: ["document"],
      ...skip > 0 && { from: skip },
      ...searchAfter(behind),
    });
    return searchPage(hits.map(({ _source }) => deepFreeze(_source.document)), total, request);
  }

  /** Ends what is under way; a client of the caller's stays open. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    return Promise.resolve();
  }

  async #write(actions: readonly Action[]): Promise<void> {
    this.#server.refuseWhereClosed("write the search index");
    if (actions.length === 0) return;
    const { index, busyTimeout } = this.#settings;
    await this.#prepare();
    this.#isUnseen = true;
    try {
      await sendBulk(this.#server, index, actions, busyTimeout);
    } catch (error) {
      if (error instanceof StoreError && error.problem === "missing") this.#preparation = null;
      throw error;
    }
  }

  /** Once, as long as the index is there. */
  async #prepare(): Promise<void> {
    const { index, replicas } = this.#settings;
    this.#preparation ??= (async () => {
      if (!await isPrepared(this.#server, index)) await prepareIndex(this.#server, index, replicas);
    })();
    try {
      await this.#preparation;
    } catch (error) {
      this.#preparation = null;
      throw error;
    }
  }

  async #makeSeen(): Promise<void> {
    if (!this.#isUnseen) return;
    this.#isUnseen = false;
    try {
      const answer = await this.#server.ask("search", "POST", `${this.#settings.index}/_refresh`);
      if (answer.status >= 300 && answer.status !== 404) {
        throw answerError("search", answer.status, errorOf(answer));
      }
    } catch (error) {
      this.#isUnseen = true;
      throw error;
    }
  }

  async #ask(body: object): Promise<Found> {
    const answer = await this.#server.ask("search", "POST", `${this.#settings.index}/_search`, body);
    const error = errorOf(answer);
    if (error.type === "index_not_found_exception") return { hits: [], total: 0 };
    if (answer.status !== 200) throw answerError("search", answer.status, error);
    const { hits, timed_out, _shards } = answer.body;
    if (!hits || timed_out || _shards?.failed > 0) {
      throw new StoreError("io", "Cannot search: a part of the index does not answer");
    }
    return { hits: hits.hits, total: hits.total.value };
  }
}

function searchAfter(behind: readonly (number | string)[] | null): object {
  return behind ? { search_after: behind } : {};
}
