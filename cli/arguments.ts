import { type Command, InvalidArgumentError, Option } from "commander";
import type { JsonObject } from "../src/definition/json.ts";
import { CliError } from "./cli_error.ts";
import { defaultDatabase } from "./store.ts";

/** Adds `--db`. */
export function withDatabase(command: Command): Command {
  return command.option(
    "--db <database>",
    `file, or postgres:// URL, with the runs (default: WFE_DB, else ${defaultDatabase})`,
  );
}

/** Adds `--search`. */
export function withSearch(command: Command): Command {
  return command.option(
    "--search <url>",
    "OpenSearch server that finds the runs (default: WFE_SEARCH, else none)",
  );
}

/** Adds `--queue`. */
export function withQueue(command: Command): Command {
  return command.option(
    "--queue <url>",
    "redis:// URL of a server that brings runs to workers (default: WFE_QUEUE, else none)",
  );
}

/** Adds `--output`. */
export function withOutput(command: Command): Command {
  const formats = new Option("--output <format>", "for people, or one JSON object a line").choices([
    "human",
    "json",
  ]);
  return command.addOption(formats.default("human"));
}

/** Adds `--var`, as often as wanted. */
export function withVariables(command: Command): Command {
  const variable = new Option(
    "--var <name=value>",
    "a value for ${{ var.name }}; may be given several times",
  );
  return command.addOption(variable.argParser(collect).default({}, "none"));
}

/** Variables by name. */
export type Variables = Readonly<Record<string, string>>;

function collect(argument: string, before: Variables): Variables {
  const at = argument.indexOf("=");
  const name = argument.slice(0, at);
  if (at < 1) throw new InvalidArgumentError("Write NAME=VALUE.");
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`"${name}" is given twice.`);
  return { ...before, [name]: argument.slice(at + 1) };
}

/**
 * Reads `--data`: a JSON object, or `@FILE` with one.
 *
 * @throws {CliError} naming the place where the text is no JSON
 */
export function readData(argument: string): JsonObject {
  if (!argument.startsWith("@")) return parseData(argument, "--data");
  const file = argument.slice(1);
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new CliError(`Cannot read --data from ${file}: ${(error as Error).message}`, undefined, {
      cause: error,
    });
  }
  return parseData(decode(bytes, file), file);
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new CliError(`Cannot read --data from ${file}: it is no text in UTF-8`, undefined, {
      cause: error,
    });
  }
}

function parseData(text: string, source: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    throw new CliError(`${source}${placeOf(message, text)}: Cannot read the data: ${message}`, undefined, {
      cause: error,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  const received = value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
  throw new CliError(
    `${source}: Cannot use the data: it must be a JSON object like {"name": "value"}, received ${received}`,
  );
}

/** `:line:column` of what is wrong in a text that is no JSON; empty where the message does not tell. */
function placeOf(message: string, text: string): string {
  const told = /at position (\d+)/.exec(message)?.[1];
  if (told === undefined && !message.startsWith("Unexpected ")) return "";
  const before = text.slice(0, told === undefined ? unexpectedAt(text) : Number(told)).split("\n");
  return `:${before.length}:${before.at(-1)!.length + 1}`;
}

/** V8 keeps the place of an unexpected token to itself: it is the end of the shortest beginning that has one. */
function unexpectedAt(text: string): number {
  let valid = 0;
  let invalid = text.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (hasUnexpectedToken(text.slice(0, middle))) invalid = middle;
    else valid = middle;
  }
  return valid;
}

function hasUnexpectedToken(text: string): boolean {
  try {
    return JSON.parse(text) === undefined;
  } catch (error) {
    return (error as Error).message.startsWith("Unexpected token");
  }
}
