import { bytesOf } from "./bytes_of.ts";
import { InvalidJsonError, PayloadTooLargeError } from "./errors.ts";
import type { JsonValue } from "./json.ts";

/** One MiB, the default limit of data and outputs. */
export const defaultPayloadLimit: number = 1024 * 1024;

const deepest = 500;
const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__"]);

/**
 * Writes a value as canonical JSON: keys sorted, members that are `undefined` left out. Refuses what the stores
 * would keep differently or lose: other objects than plain ones, numbers that are not finite or whole numbers beyond
 * 2^53, lone surrogates, NUL, cycles, holes and more than 500 levels.
 *
 * @param value what to write
 * @param what names the value in errors, like `data`
 * @param limit bytes of UTF-8 allowed
 * @throws {InvalidJsonError} with the place of what cannot be kept
 * @throws {PayloadTooLargeError} when the text is longer than `limit`
 */
export function canonicalJson(value: unknown, what: string, limit: number = defaultPayloadLimit): string {
  const text = write(value, what, []);
  // A character takes at most three bytes of UTF-8 for one unit of length, so most texts need no count.
  if (text.length * 3 > limit) {
    const bytes = bytesOf(text);
    if (bytes > limit) throw new PayloadTooLargeError(what, bytes, limit);
  }
  return text;
}

function write(value: unknown, path: string, ancestors: object[]): string {
  switch (typeof value) {
    case "string":
      return writeString(value, path);
    case "number":
      return writeNumber(value, path);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : writeObject(value, path, ancestors);
    default:
      throw new InvalidJsonError(path, `${typeof value} has no JSON form`);
  }
}

function writeString(text: string, path: string): string {
  if (!text.isWellFormed()) {
    throw new InvalidJsonError(path, "the text has a lone surrogate (half a character)");
  }
  if (text.includes("\0")) throw new InvalidJsonError(path, "the text has a NUL character");
  return JSON.stringify(text);
}

function writeNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new InvalidJsonError(path, `${value} has no JSON form`);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new InvalidJsonError(
      path,
      `the whole number ${value} is beyond 2^53 and would be rounded; use a string`,
    );
  }
  return JSON.stringify(value);
}

function writeObject(value: object, path: string, ancestors: object[]): string {
  if (ancestors.includes(value)) throw new InvalidJsonError(path, "the value contains itself");
  if (ancestors.length >= deepest) {
    throw new InvalidJsonError(path, `it is nested deeper than ${deepest} levels`);
  }
  ancestors.push(value);
  const text = Array.isArray(value)
    ? writeArray(value, path, ancestors)
    : writeRecord(value, path, ancestors);
  ancestors.pop();
  return text;
}

function writeArray(value: readonly unknown[], path: string, ancestors: object[]): string {
  const parts: string[] = [];
  for (let index = 0; index < value.length; index++) {
    if (!(index in value)) throw new InvalidJsonError(`${path}[${index}]`, "the array has a hole");
    parts.push(write(value[index], `${path}[${index}]`, ancestors));
  }
  return `[${parts.join(",")}]`;
}

function writeRecord(value: object, path: string, ancestors: object[]): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new InvalidJsonError(path, `${value.constructor?.name ?? "a class instance"} is no plain object`);
  }
  const parts: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    const place = /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
    if (forbiddenKeys.has(key)) {
      throw new InvalidJsonError(place, `the key ${JSON.stringify(key)} is not allowed`);
    }
    if (member === undefined) continue;
    parts.push(`${writeString(key, place)}:${write(member, place, ancestors)}`);
  }
  return `{${parts.join(",")}}`;
}

/** Checks a value like {@linkcode canonicalJson} and returns a frozen copy that nobody else can reach. */
export function frozenJson<Value>(value: Value, what: string, limit: number = defaultPayloadLimit): Value {
  return deepFreeze(JSON.parse(canonicalJson(value, what, limit)));
}

/** Freezes a JSON value and everything in it, and returns it. */
export function deepFreeze<Value extends JsonValue | object>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
