import { bytesOf } from "./bytes_of.ts";
import { longestText } from "./check_text.ts";
import { InvalidAttributesError } from "./errors.ts";

/** What a run is found by beside its own fields: values by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** The value of an attribute. */
export type AttributeValue = string | number | boolean | readonly string[];

/** Most attributes of a run, and most texts of a list. */
const most = 32;
const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** Each attribute as a text that is the same where name and value are, with one for each text of a list. */
export function attributeTerms(attributes: Attributes): string[] {
  return Object.entries(attributes).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => attributeTerm(name, one))
  );
}

/** The text of one value. */
export function attributeTerm(name: string, value: string | number | boolean): string {
  return JSON.stringify([name, value]);
}

/** Those of most runs. */
export const noAttributes: Attributes = Object.freeze({});

/**
 * Attributes with some of them changed, frozen; the same where nothing is changed. `null` and `undefined` take one away.
 *
 * @throws {InvalidAttributesError}
 */
export function changeAttributes(
  before: Attributes,
  change: Readonly<Record<string, AttributeValue | null | undefined>>,
): Attributes {
  const after = new Map(Object.entries(before));
  for (const [name, value] of entriesOf(change)) {
    if (value === null || value === undefined) after.delete(name);
    else after.set(name, checkedValue(name, value));
  }
  if (after.size > most) throw new InvalidAttributesError(`a run may have ${most}`, after.size);
  const sorted = [...after].sort(([a], [b]) => a < b ? -1 : 1);
  const changed = Object.freeze(Object.fromEntries(sorted));
  return JSON.stringify(changed) === JSON.stringify(before) ? before : changed;
}

function entriesOf(change: unknown): [name: string, value: unknown][] {
  if (typeof change !== "object" || change === null || Array.isArray(change)) {
    throw new InvalidAttributesError("an object of names and values is needed", change);
  }
  const entries = Object.entries(change);
  for (const [name] of entries) {
    if (namePattern.test(name)) continue;
    throw new InvalidAttributesError(
      "a name has 1 to 64 letters, digits or _, and begins with no digit",
      name,
    );
  }
  return entries;
}

function checkedValue(name: string, value: unknown): AttributeValue {
  if (typeof value === "boolean") return value;
  // JSON has one zero.
  if (Number.isFinite(value)) return value === 0 ? 0 : value as number;
  if (typeof value === "string") return checkedText(name, value);
  if (!Array.isArray(value) || !value.every((text) => typeof text === "string")) {
    throw new InvalidAttributesError(
      `"${name}" must be a text, a finite number, true, false or a list of texts`,
      value,
    );
  }
  if (value.length > most) {
    throw new InvalidAttributesError(`the list "${name}" may have ${most} texts`, value.length);
  }
  return Object.freeze(value.map((text) => checkedText(name, text)));
}

function checkedText(name: string, text: string): string {
  const bytes = bytesOf(text);
  if (bytes > longestText) {
    throw new InvalidAttributesError(`a text of "${name}" may have ${longestText} bytes`, bytes);
  }
  if (!text.isWellFormed() || text.includes("\0")) {
    throw new InvalidAttributesError(`a text of "${name}" must have no NUL and no half of a character`, text);
  }
  return text;
}
