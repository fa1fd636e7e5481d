import type { SearchFilters, SearchSort } from "../../src/provider/search.ts";
import { type SearchRequest, termsOfFilters } from "../../src/provider/search_request.ts";
import { type PostgresValue, whole } from "./client.ts";
import type { Query } from "./runs.ts";
import { phrasesToFind, tsqueryOf } from "./search_words.ts";

const orders: Readonly<Record<SearchSort["by"], readonly [column: string, type: string]>> = {
  createdAt: ["created_at", "bigint"],
  endedAt: ["ends_at", "bigint"],
  id: ["id", "text"],
};

/** What a filter asks of a row; `$` stands for its value. */
const conditions: Readonly<Record<Exclude<keyof SearchFilters, "status" | "attributes">, string>> = {
  definitionId: "definition_id = $::text",
  reference: "reference = $::text",
  step: "steps @> ARRAY[$::text]",
  createdFrom: "created_at >= $::bigint",
  createdBefore: "created_at < $::bigint",
  endedFrom: "ends_at >= $::bigint AND ended_at IS NOT NULL",
  endedBefore: "ends_at < $::bigint AND ended_at IS NOT NULL",
};

/** A time as the server can take it: its own are whole. */
function timeOf(time: number): number {
  return Math.max(whole(Math.ceil(time)), -Number.MAX_SAFE_INTEGER);
}

/** Counts what is found, and reads the documents of a page and of the one run behind it, in one snapshot. */
export function searchQuery(request: SearchRequest, phrases: readonly string[]): Query {
  const { filters, by, descending, after, skip, take } = request;
  const parameters: PostgresValue[] = [];
  const bind = (value: PostgresValue): string => `$${parameters.push(value)}`;
  const parts = ["true"];
  if (phrases.length > 0) parts.push(`words @@ ${bind(tsqueryOf(phrases))}::text::tsquery`);
  for (const phrase of phrasesToFind(phrases)) parts.push(`strpos(text, ${bind(` ${phrase}`)}) > 0`);
  // One by one, so that the server knows how many runs they are.
  if (filters.status) parts.push(`status IN (${["NULL", ...filters.status.map(bind)]})`);
  for (const [name, condition] of Object.entries(conditions)) {
    const value = filters[name as keyof typeof conditions];
    if (value === undefined) continue;
    parts.push(condition.replace("$", bind(typeof value === "number" ? timeOf(value) : value)));
  }
  for (const term of termsOfFilters(filters)) parts.push(`attributes @> ARRAY[${bind(term)}::text]`);
  const found = parts.join(" AND ");
  const [column, type] = orders[by];
  const direction = descending ? "DESC" : "ASC";
  const behind = after
    ? ` AND (${column}, id) ${descending ? "<" : ">"} (${bind(String(after.value))}::${type}, ${
      bind(after.id)
    })`
    : "";
  const page = `
    SELECT document, ${column} AS value, id FROM @wfe_search_1 WHERE ${found}${behind}
    ORDER BY ${column} ${direction}, id ${direction}
    LIMIT ${bind(take + 1)}::bigint OFFSET ${bind(whole(skip))}::bigint`;
  return {
    sql: `SELECT json_build_object(
      'total', (SELECT count(*) FROM @wfe_search_1 WHERE ${found}),
      'found', (SELECT json_agg(document ORDER BY value ${direction}, id ${direction}) FROM (${page}) AS page))::text AS r`,
    parameters,
  };
}
