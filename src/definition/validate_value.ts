import { bytesOf } from "./bytes_of.ts";
import { longestText } from "./check_text.ts";
import { parseDuration } from "./duration.ts";
import { shortestTtl } from "./lock.ts";
import { isTemplate } from "./template.ts";

/** Says what is wrong with a value, completing "… it must …, received …"; null where nothing is. */
export type Check = (value: unknown) => string | null;

/** A short text: a key, name, type or mark of a step. */
export const isText: Check = (value) =>
  typeof value === "string" && value !== "" && bytesOf(value) <= longestText
    ? null
    : `must be text of 1 to ${longestText} bytes in UTF-8`;

/** A length of time for which a lock is given. */
export const isLockTtl: Check = (value) =>
  isMilliseconds(value) === null && (value as number) >= shortestTtl
    ? null
    : `must be whole milliseconds from ${shortestTtl} to ten years`;

/** What a lock is called, or a text with expressions. */
export const isLockName: Check = (value) => isTemplate(value) ? null : isText(value);

/** Any text. */
export const isString: Check = (value) => typeof value === "string" ? null : "must be text";

/** A length of time in whole milliseconds. */
export const isMilliseconds: Check = (value) => {
  const rule = "must be whole milliseconds from 1 to ten years";
  if (typeof value !== "number" || !Number.isInteger(value)) return rule;
  try {
    parseDuration(value);
    return null;
  } catch {
    return rule;
  }
};

/** A finite number, for instance a time in milliseconds since 1970. */
export const isNumber: Check = (value) =>
  typeof value === "number" && Number.isFinite(value) ? null : "must be a number";

/** A whole number, from a lowest one on. */
export function isWholeFrom(lowest: number): Check {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= lowest
      ? null
      : `must be a whole number from ${lowest}`;
}

/** One of several texts, or true or false. */
export function isOneOf(...values: readonly (string | boolean)[]): Check {
  return (value) =>
    values.includes(value as string)
      ? null
      : `must be ${values.map((one) => JSON.stringify(one)).join(" or ")}`;
}

/** A list of anything. */
export const isList: Check = (value) => Array.isArray(value) ? null : "must be a list";

/** An object with members. */
export const isObject: Check = (value) => isRecord(value) ? null : "must be an object";

/** Keys of steps. */
export const isKeyList: Check = (value) =>
  Array.isArray(value) && value.every((key) => typeof key === "string")
    ? null
    : "must be a list of step keys";

/** Whether a value is an object with members. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Checks the members of an object: known ones by their check, and that there are no others.
 *
 * @param of completes "the id …" in messages
 */
export function* memberProblems(
  value: unknown,
  what: string,
  checks: Readonly<Record<string, Check>>,
  required: readonly string[] = [],
  of = ` of ${what}`,
): Iterable<string> {
  if (!isRecord(value)) return yield `${what} must be an object, received ${shown(value)}`;
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const known = Object.hasOwn(checks, key);
    const problem = known ? checks[key]!(member) : null;
    if (!known) {
      yield `${what} has the unknown key ${shown(key)}; known are ${Object.keys(checks).join(", ")}`;
    } else if (problem !== null) yield `the ${key}${of} ${problem}, received ${shown(member)}`;
  }
  for (const key of required) if (value[key] === undefined) yield `${what} has no ${key}`;
}

/** A JSON value for people, cut where it is long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
