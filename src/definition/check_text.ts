import { bytesOf } from "./bytes_of.ts";
import { InvalidTextError } from "./errors.ts";

/**
 * Most bytes, as UTF-8, of a text by which something is found. PostgreSQL indexes 2,704 bytes of a row: two of these
 * texts and the id of a run.
 */
export const longestText = 1_024;

/**
 * Checks a text by which something is found, like the key of an event: it must be one that every store keeps as it is,
 * and can index.
 *
 * @param doing what is to be done, like `publish an event`
 * @param what which text it is, like `key`
 * @throws {InvalidTextError}
 */
export function checkText(doing: string, what: string, text: unknown, mayBeEmpty = false): void {
  const isText = typeof text === "string" && text.isWellFormed() && !text.includes("\0");
  const bytes = typeof text === "string" ? bytesOf(text) : 0;
  if (isText && bytes <= longestText && (bytes > 0 || mayBeEmpty)) return;
  const received = typeof text !== "string"
    ? text === null ? "null" : typeof text
    : bytes > longestText
    ? `${bytes} bytes`
    : JSON.stringify(text);
  const length = mayBeEmpty ? `at most ${longestText}` : `1 to ${longestText}`;
  throw new InvalidTextError(
    `Cannot ${doing}: its ${what} must be text of ${length} bytes in UTF-8, received ${received}`,
  );
}

/**
 * Checks what an event is called and what it is about, which may be nothing.
 *
 * @throws {InvalidTextError}
 */
export function checkEvent(doing: string, name: unknown, key: unknown): void {
  checkText(doing, "name", name);
  checkText(doing, "key", key, true);
}
