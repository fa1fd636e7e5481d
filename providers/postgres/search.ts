import { attributeTerms } from "../../src/definition/attributes.ts";
import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { SearchDocument } from "../../src/instance/search_document.ts";
import type { SearchIndex, SearchPage, SearchQuery } from "../../src/provider/search.ts";
import { notEnded, searchPage, searchRequest } from "../../src/provider/search_request.ts";
import type { PostgresClient } from "./client.ts";
import type { Connection } from "./connection.ts";
import { toStoreError } from "./errors.ts";
import { connectionOf, openConnection } from "./open_connection.ts";
import { completeOptions, type PostgresOptions } from "./options.ts";
import { searchQuery } from "./search_query.ts";
import { searchSchema } from "./search_schema.ts";
import { textOf, wordsOf } from "./search_words.ts";

/** Documents written by one statement. */
const batch = 100;

const putDocuments = `
  INSERT INTO @wfe_search_1 AS s (
    id, created_at, sequence, definition_id, status, reference, steps, attributes, ended_at, ends_at, words, text, document)
  SELECT t.id, t.created_at, t.sequence, t.definition_id, t.status, t.reference,
    ARRAY(SELECT json_array_elements_text(t.steps)), ARRAY(SELECT json_array_elements_text(t.attributes)), t.ended_at, t.ends_at,
    array_to_tsvector(ARRAY(SELECT json_array_elements_text(t.words))), t.text, t.document
  FROM json_to_recordset($1::text::json) AS t (
    id text, created_at bigint, sequence bigint, definition_id text, status text, reference text, steps json,
    attributes json, ended_at bigint, ends_at bigint, words json, text text, document json)
  ORDER BY t.id
  ON CONFLICT (id) DO UPDATE SET
    created_at = excluded.created_at, sequence = excluded.sequence, definition_id = excluded.definition_id,
    status = excluded.status, reference = excluded.reference, steps = excluded.steps,
    attributes = excluded.attributes, ended_at = excluded.ended_at,
    ends_at = excluded.ends_at, words = excluded.words, text = excluded.text, document = excluded.document
  WHERE (excluded.created_at, excluded.sequence) >= (s.created_at, s.sequence)`;

const deleteDocuments = `
  DELETE FROM @wfe_search_1 AS s USING (
    SELECT s.id FROM json_to_recordset($1::text::json) AS t (id text, created_at bigint)
    JOIN @wfe_search_1 AS s ON s.id = ANY (ARRAY[t.id]) AND s.created_at <= t.created_at
    ORDER BY s.id FOR UPDATE OF s) AS gone
  WHERE s.id = ANY (ARRAY[gone.id])`;

const selectTable = "SELECT to_json(to_regclass($1::text) IS NOT NULL)::text AS r";
const selectSchema = "SELECT to_json(to_regnamespace($1::text) IS NOT NULL)::text AS r";
const lock = "SELECT pg_advisory_xact_lock(hashtextextended('@wfe_search', 0))";

/** Options of `PostgresSearch.open` and `PostgresSearch.from`: those of a store that concern connections. */
export type PostgresSearchOptions = Omit<PostgresOptions, "clock" | "create" | "durability" | "listen">;

/**
 * A search index in a PostgreSQL database, by PostgreSQL's own full text search. It may be the database, and the schema,
 * of the store: its table is its own.
 *
 * @example Usage
 * ```ts ignore
 * import { PostgresSearch } from "@wfe/engine/postgres";
 *
 * await using index = await PostgresSearch.open("postgres://app@127.0.0.1:5432/app");
 * const { hits } = await index.search("timeout", { filters: { status: ["Failed"] } });
 * ```
 */
export class PostgresSearch implements SearchIndex {
  readonly #connection: Connection;
  readonly #atEnd: "close" | "keep";
  #closing: Promise<void> | null = null;

  private constructor(connection: Connection, atEnd: "close" | "keep") {
    this.#connection = connection;
    this.#atEnd = atEnd;
  }

  /**
   * Opens the index in a database, making what is not there.
   *
   * @param url as for `PostgresProvider.open`
   * @throws {StoreError} when it cannot be used
   */
  static async open(url: string | URL, options: PostgresSearchOptions = {}): Promise<PostgresSearch> {
    const { connection } = await openConnection(url, options);
    return await new PostgresSearch(connection, "close").#prepare();
  }

  /**
   * Uses a client of the caller's, of `npm:postgres`, who closes it after the index.
   *
   * @throws {StoreError} when it cannot be used
   */
  static async from(client: PostgresClient, options: PostgresSearchOptions = {}): Promise<PostgresSearch> {
    const connection = connectionOf(client, "of the caller's client", completeOptions(options));
    return await new PostgresSearch(connection, "keep").#prepare();
  }

  /** Keeps what is newer than what is there, a hundred documents in a transaction. */
  async put(documents: readonly SearchDocument[]): Promise<void> {
    const rows = newest(documents).map(rowOf);
    for (let at = 0; at < rows.length; at += batch) {
      await this.#write(putDocuments, rows.slice(at, at + batch));
    }
  }

  /** Forgets purged runs. */
  async remove(runs: readonly Pick<SearchDocument, "id" | "createdAt">[]): Promise<void> {
    if (runs.length === 0) return;
    await this.#write(deleteDocuments, runs.map(({ id, createdAt }) => ({ id, created_at: createdAt })));
  }

  /** Counts and reads in one statement. */
  async search(terms: string, query?: SearchQuery): Promise<SearchPage> {
    const request = searchRequest(terms, query);
    const { phrases } = request;
    if (!phrases) return searchPage([], 0, request);
    const { sql, parameters } = searchQuery(request, phrases);
    const result = await this.#connection.get<Found>("search", sql, ...parameters);
    const { total, found } = result!;
    return searchPage((found ?? []).map((document) => deepFreeze(document)), total, request);
  }

  /** Lets what is under way end, and closes the connections, unless they are the caller's. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= (async () => {
      this.#connection.shut();
      await this.#connection.close(this.#atEnd);
    })();
  }

  async #write(sql: string, rows: readonly object[]): Promise<void> {
    await this.#connection.all("write the search index", sql, JSON.stringify(rows));
  }

  /** Nearly always all is there, which needs neither a lock nor the right to make tables. */
  async #prepare(): Promise<this> {
    const connection = this.#connection;
    const { schema } = connection;
    const table = schema.sql("@wfe_search_1");
    try {
      if (await connection.get<boolean>("open", selectTable, table)) return this;
      await connection.transaction("make the search index", async (transaction) => {
        await transaction.all(lock);
        const [hasSchema] = await transaction.all<boolean>(selectSchema, schema.quoted);
        if (!hasSchema) await transaction.all(`CREATE SCHEMA IF NOT EXISTS ${schema.quoted}`);
        const [hasTable] = await transaction.all<boolean>(selectTable, table);
        if (!hasTable) await transaction.all(searchSchema);
      });
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw toStoreError(error, "open", connection.name);
    }
  }
}

interface Found {
  readonly total: number;
  readonly found: readonly SearchDocument[] | null;
}

/** Of each run the newest document, the last of equal ones: a statement changes a row once. */
function newest(documents: readonly SearchDocument[]): SearchDocument[] {
  const byId = new Map<string, SearchDocument>();
  for (const document of documents) {
    const known = byId.get(document.id);
    const age = known ? document.createdAt - known.createdAt || document.sequence - known.sequence : 0;
    if (age >= 0) byId.set(document.id, document);
  }
  return [...byId.values()];
}

function rowOf(document: SearchDocument): object {
  const { id, createdAt, sequence, definitionId, status, reference, steps, endedAt } = document;
  const text = textOf(document);
  return {
    id,
    created_at: createdAt,
    sequence,
    definition_id: definitionId,
    status,
    reference,
    steps,
    attributes: attributeTerms(document.attributes),
    ended_at: endedAt,
    ends_at: endedAt ?? notEnded,
    words: wordsOf(text),
    text,
    document,
  };
}
