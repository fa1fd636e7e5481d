import type { JsonObject, JsonValue } from "../../src/definition/json.ts";
import type { OutputType } from "../../src/yaml/step_types/shell.ts";
import { outputName } from "../output_name.ts";
import { ShellOutputError } from "./errors.ts";

/** Declared outputs; `undefined`: all names are taken, as strings. */
export type DeclaredOutputs = { readonly [name: string]: OutputType } | undefined;

/** Names that mean something else on a JavaScript object. */
const RESERVED: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Checks the name of an output that a step sets.
 *
 * @throws {ShellOutputError} Where it is no name, or none of the declared ones.
 */
export function checkOutputName(name: string, declared: DeclaredOutputs, place: string): void {
  if (!outputName.test(name) || RESERVED.has(name)) {
    throw new ShellOutputError(
      `${place}: a name has letters, digits, _ and -, begins with a letter or _, and is none of ` +
        `${[...RESERVED].join(", ")}, received ${shown(name)}`,
    );
  }
  if (declared === undefined || Object.hasOwn(declared, name)) return;
  const names = Object.keys(declared).join(", ") || "none";
  throw new ShellOutputError(
    `${place}: '${name}' is not declared in outputs (${names}). Declare it, or do not set it`,
  );
}

/**
 * Reads the texts that a step has set as its outputs, each as its declared type. Of a file, this is the path.
 *
 * @throws {ShellOutputError} Where one is not of its type.
 */
export function readOutputs(texts: ReadonlyMap<string, string>, declared: DeclaredOutputs): JsonObject {
  return Object.fromEntries(
    Array.from(texts, ([name, text]) => [name, readValue(name, text, declared?.[name] ?? "string")]),
  );
}

function readValue(name: string, text: string, type: OutputType): JsonValue {
  if (text.includes("\0")) {
    throw new ShellOutputError(`'${name}' holds a NUL character. Encode it, for instance by base64`);
  }
  if (type === "string" || type === "file") return text;
  const value = parseJson(name, text, type);
  if (type === "json" || typeof value === type) return value;
  throw mistyped(name, text, type);
}

function parseJson(name: string, text: string, type: ParsedType): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw mistyped(name, text, type, cause);
  }
  const isLossy = typeof value === "number" &&
    (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)));
  if (isLossy) throw mistyped(name, text, type);
  return value;
}

/** Types that are read as JSON. */
type ParsedType = Exclude<OutputType, "string" | "file">;

const EXPECTED = {
  number: "a number as in JSON that keeps its value, like 42 or -1.5",
  boolean: "true or false",
  json: "JSON",
} as const;

function mistyped(name: string, text: string, type: ParsedType, cause?: unknown): ShellOutputError {
  return new ShellOutputError(`'${name}' has to be ${EXPECTED[type]}, received ${shown(text)}`, { cause });
}

/** What to do with a value that is too large. */
export const AS_FILE =
  "Hand a large value over as a file: declare `outputs: { NAME: file }`, and set the path as its value";

/** A text for a message: quoted, and not too long. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
