/** Most characters of a text by which something is found. */
const longest = 1_000;

/**
 * Checks a text by which something is found, like the key of an event: it must be one that every store keeps as it is.
 *
 * @param doing what is to be done, like `publish an event`
 * @param what which text it is, like `key`
 * @throws {TypeError}
 */
export function checkText(doing: string, what: string, text: unknown, mayBeEmpty = false): void {
  const isText = typeof text === "string" && text.isWellFormed() && !text.includes("\0");
  if (isText && text.length <= longest && (text.length > 0 || mayBeEmpty)) return;
  const received = typeof text !== "string"
    ? text === null ? "null" : typeof text
    : text.length > longest
    ? `${text.length} characters`
    : JSON.stringify(text);
  const length = mayBeEmpty ? `at most ${longest}` : `1 to ${longest}`;
  throw new TypeError(
    `Cannot ${doing}: its ${what} must be text of ${length} characters, received ${received}`,
  );
}

/**
 * Checks what an event is called and what it is about, which may be nothing.
 *
 * @throws {TypeError}
 */
export function checkEvent(doing: string, name: unknown, key: unknown): void {
  checkText(doing, "name", name);
  checkText(doing, "key", key, true);
}
