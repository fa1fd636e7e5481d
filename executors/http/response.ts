import type { JsonValue } from "../../src/definition/json.ts";
import { HttpRequestError } from "./errors.ts";

/** Most characters of an answer that an error shows. */
const longestExcerpt = 300;

/**
 * The body of an answer as text.
 *
 * @throws {HttpRequestError} when it has more bytes than `limit`; no more are read
 */
export async function readText(response: Response, limit: number, name: string): Promise<string> {
  const { text, isWhole } = await readUpTo(response, limit);
  if (isWhole) return text;
  const why = `the answer has more than ${limit} bytes; raise max_response, up to 64MB`;
  throw new HttpRequestError("response", name, why);
}

/** The beginning of the body of an answer on one line, for an error. */
export async function readExcerpt(response: Response): Promise<string> {
  const { text } = await readUpTo(response, 4 * longestExcerpt);
  return text.replace(/[\p{C}\s]+/gu, " ").trim().slice(0, longestExcerpt);
}

/**
 * What an answer says: a JSON value where it says that it is one, or the step does; null where it is empty; else text.
 *
 * @throws {HttpRequestError} when it is no JSON
 */
export function readBody(
  text: string,
  type: string | null,
  wanted: "auto" | "json" | "text",
  name: string,
): JsonValue {
  const isJson = wanted === "json" || wanted === "auto" && /^[^;]*[/+]json\s*(;|$)/i.test(type ?? "");
  if (!isJson) return text === "" && wanted === "auto" ? null : text;
  if (text === "" && wanted === "auto") return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HttpRequestError("response", name, `the answer is no JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function readUpTo(
  response: Response,
  limit: number,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > limit) {
      const kept = chunk.subarray(0, chunk.length - (bytes - limit));
      return { text: text + decoder.decode(kept), isWhole: false };
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return { text: text + decoder.decode(), isWhole: true };
}
