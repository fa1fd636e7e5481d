import type { SearchFilters, SearchSort } from "../../src/provider/search.ts";
import { notEnded, type SearchRequest, termsOfFilters } from "../../src/provider/search_request.ts";
import type { SqliteValue } from "./database.ts";

/** A statement and what is bound to it. */
export interface SearchStatement {
  /** With parameters `?`, in order. */
  readonly sql: string;
  /** The parameters. */
  readonly parameters: readonly SqliteValue[];
}

const orders: Readonly<Record<SearchSort["by"], string>> = {
  createdAt: "created_at",
  endedAt: `coalesce(ended_at, ${notEnded})`,
  id: "id",
};

/** What a filter asks of a row, with one parameter. */
const conditions: Readonly<Record<Exclude<keyof SearchFilters, "attributes">, string>> = {
  status: "status IN (SELECT value FROM json_each(?))",
  definitionId: "definition_id = ?",
  reference: "reference = ?",
  step: "EXISTS (SELECT 1 FROM json_each(document, '$.steps') WHERE value = ?)",
  createdFrom: "created_at >= ?",
  createdBefore: "created_at < ?",
  endedFrom: "ended_at >= ?",
  endedBefore: "ended_at < ?",
};

/** Counts all that is found. */
export function countStatement(request: SearchRequest, phrases: readonly string[]): SearchStatement {
  const { sql, parameters } = where(request, phrases);
  return { sql: `SELECT count(*) AS total FROM wfe_search_2 WHERE ${sql}`, parameters };
}

/** Reads the documents of a page and of the one run behind it. */
export function pageStatement(request: SearchRequest, phrases: readonly string[]): SearchStatement {
  const { by, descending, after, skip, take } = request;
  const { sql, parameters } = where(request, phrases);
  const order = orders[by];
  const direction = descending ? "DESC" : "ASC";
  const behind = after ? ` AND (${order}, id) ${descending ? "<" : ">"} (?, ?)` : "";
  return {
    sql: `SELECT document FROM wfe_search_2 WHERE ${sql}${behind}
      ORDER BY ${order} ${direction}, id ${direction} LIMIT ? OFFSET ?`,
    parameters: [...parameters, ...after ? [after.value, after.id] : [], take + 1, skip],
  };
}

function where({ filters }: SearchRequest, phrases: readonly string[]): SearchStatement {
  const parts = ["true"];
  const parameters: SqliteValue[] = [];
  if (phrases.length > 0) {
    parts.push("key IN (SELECT rowid FROM wfe_search_2_text WHERE wfe_search_2_text MATCH ?)");
    // Phrases hold letters, digits and blanks alone.
    parameters.push(phrases.map((phrase) => `"${phrase}"*`).join(" AND "));
  }
  for (const [name, condition] of Object.entries(conditions)) {
    const value = filters[name as keyof typeof conditions];
    if (value === undefined) continue;
    parts.push(condition);
    parameters.push(typeof value === "object" ? JSON.stringify(value) : value);
  }
  for (const term of termsOfFilters(filters)) {
    parts.push("EXISTS (SELECT 1 FROM json_each(attributes) WHERE value = ?)");
    parameters.push(term);
  }
  return { sql: parts.join(" AND "), parameters };
}
