import { attributeTerms } from "../../src/definition/attributes.ts";
import { deepFreeze } from "../../src/definition/canonical_json.ts";
import type { SearchDocument } from "../../src/instance/search_document.ts";
import type { SearchIndex, SearchPage, SearchQuery } from "../../src/provider/search.ts";
import { searchPage, searchRequest } from "../../src/provider/search_request.ts";
import { searchableText } from "../../src/provider/search_text.ts";
import { Connection } from "./connection.ts";
import { configure, openDatabase, type SqliteDatabase } from "./database.ts";
import { toStoreError } from "./errors.ts";
import { pathName } from "./file.ts";
import { countStatement, pageStatement } from "./search_query.ts";
import { searchSchema } from "./search_schema.ts";

/** Documents written in one transaction: who runs workflows in the same file does not wait for longer than that. */
const batch = 100;

const putDocument = `
  INSERT INTO wfe_search_2 (id, created_at, sequence, definition_id, status, reference, ended_at, attributes, document)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
  ON CONFLICT (id) DO UPDATE SET
    created_at = excluded.created_at, sequence = excluded.sequence, definition_id = excluded.definition_id,
    status = excluded.status, reference = excluded.reference, ended_at = excluded.ended_at,
    attributes = excluded.attributes, document = excluded.document
  WHERE (excluded.created_at, excluded.sequence) >= (wfe_search_2.created_at, wfe_search_2.sequence)
  RETURNING key`;

const putText = "INSERT OR REPLACE INTO wfe_search_2_text (rowid, text) VALUES (?1, ?2)";

const deleteDocument = "DELETE FROM wfe_search_2 WHERE id = ?1 AND created_at <= ?2 RETURNING key";

const deleteText = "DELETE FROM wfe_search_2_text WHERE rowid = ?1";

/** Options of `SqliteSearch.open`. */
export interface SqliteSearchOptions {
  /**
   * Milliseconds to go on trying while another program writes.
   *
   * @default 5000
   */
  readonly busyTimeout?: number;
}

/**
 * A search index in an SQLite file, by SQLite's own full text search (FTS5). It may be the file of the store: its tables
 * are its own. A power cut may take the last documents, which the next look at the store brings back.
 *
 * @example Usage
 * ```ts
 * import { SqliteSearch } from "@wfe/engine/sqlite";
 *
 * await using index = await SqliteSearch.open(`${await Deno.makeTempDir()}/app.db`);
 * const { hits } = await index.search("timeout", { filters: { status: ["Failed"] } });
 * ```
 */
export class SqliteSearch implements SearchIndex {
  readonly #connection: Connection;
  #closed = false;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Opens the index in a database file, making what is not there, or in `:memory:`.
   *
   * @throws {StoreError} when it cannot be used
   */
  static async open(path: string | URL, options: SqliteSearchOptions = {}): Promise<SqliteSearch> {
    const name = pathName(path);
    const { busyTimeout = 5000 } = options;
    const database = openNamed(name);
    const connection = new Connection(database, { name, busyTimeout, random: Math.random });
    try {
      await connection.read("open", () => configure(database, name, "process"));
      await connection.transaction("make the search index", () => connection.exec(searchSchema));
      return new SqliteSearch(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Keeps what is newer than what is there, a hundred documents in a transaction. */
  async put(documents: readonly SearchDocument[]): Promise<void> {
    for (let at = 0; at < documents.length; at += batch) {
      await this.#connection.transaction("write the search index", () => {
        for (const document of documents.slice(at, at + batch)) this.#put(document);
      });
    }
  }

  /** Forgets purged runs. */
  remove(runs: readonly Pick<SearchDocument, "id" | "createdAt">[]): Promise<void> {
    return this.#connection.transaction("write the search index", () => {
      for (const { id, createdAt } of runs) {
        const row = this.#connection.get<{ readonly key: number }>(deleteDocument, id, createdAt);
        if (row) this.#connection.run(deleteText, row.key);
      }
    });
  }

  /** Counts and reads in one snapshot. */
  async search(terms: string, query?: SearchQuery): Promise<SearchPage> {
    const request = searchRequest(terms, query);
    const { phrases } = request;
    return await this.#connection.snapshot("search", () => {
      if (!phrases) return searchPage([], 0, request);
      const count = countStatement(request, phrases);
      const page = pageStatement(request, phrases);
      const { total } = this.#connection.get<{ readonly total: number }>(count.sql, ...count.parameters)!;
      const rows = this.#connection.all<{ readonly document: string }>(page.sql, ...page.parameters);
      const found = rows.map(({ document }) => deepFreeze(JSON.parse(document) as SearchDocument));
      return searchPage(found, total, request);
    });
  }

  /** Closes the connection. */
  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) this.#connection.close();
    this.#closed = true;
    return Promise.resolve();
  }

  #put(document: SearchDocument): void {
    const { id, createdAt, sequence, definitionId, status, reference, endedAt } = document;
    const row = this.#connection.get<{ readonly key: number }>(
      putDocument,
      id,
      createdAt,
      sequence,
      definitionId,
      status,
      reference,
      endedAt,
      JSON.stringify(attributeTerms(document.attributes)),
      JSON.stringify(document),
    );
    if (row) this.#connection.run(putText, row.key, searchableText(document));
  }
}

function openNamed(name: string): SqliteDatabase {
  try {
    return openDatabase(name);
  } catch (error) {
    throw toStoreError(error, "open", name);
  }
}
