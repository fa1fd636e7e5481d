import { data } from "@actions/expressions";
import type { FunctionDefinition } from "@actions/expressions/funcs/info";
import type { JsonObject, JsonValue } from "../../definition/json.ts";

/**
 * An object as the expression library sees it. The library's own dictionary ignores case, keeps the first of two
 * keys that differ in case only, and loses a key named `constructor`; here a key is found by its exact name.
 */
class ExactDictionary extends data.Dictionary {
  readonly #members = new Map<string, data.ExpressionData>();

  override add(key: string, value: data.ExpressionData): void {
    this.#members.set(key, value);
  }

  override get(key: string): data.ExpressionData | undefined {
    return this.#members.get(key);
  }

  override values(): data.ExpressionData[] {
    return [...this.#members.values()];
  }

  override pairs(): { key: string; value: data.ExpressionData }[] {
    return Array.from(this.#members, ([key, value]) => ({ key, value }));
  }
}

/** A number that becomes text as JSON writes it. The library's own rounds to 15 decimals, so that 1e-20 is "0". */
class ExactNumber extends data.NumberData {
  override coerceString(): string {
    return JSON.stringify(this.value);
  }
}

/** A JSON object in the library's terms. */
export function toDictionary(object: JsonObject): data.Dictionary {
  const dictionary = new ExactDictionary();
  for (const [key, value] of Object.entries(object)) {
    if (value !== undefined) dictionary.add(key, toExpressionData(value));
  }
  return dictionary;
}

/** A JSON value in the library's terms. */
export function toExpressionData(value: JsonValue): data.ExpressionData {
  if (value === null) return new data.Null();
  if (typeof value === "string") return new data.StringData(value);
  if (typeof value === "number") return new ExactNumber(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (!isArray(value)) return toDictionary(value);
  const array = new data.Array();
  for (const item of value) array.add(toExpressionData(item));
  return array;
}

/**
 * The JSON value of a result.
 *
 * @throws {RangeError} when it holds a number that JSON has no form for.
 */
export function fromExpressionData(value: data.ExpressionData): JsonValue {
  switch (value.kind) {
    case data.Kind.Null:
      return null;
    case data.Kind.Array:
      return (value as data.Array).values().map(fromExpressionData);
    case data.Kind.Dictionary: {
      const pairs = (value as data.Dictionary).pairs();
      // Not by assignment: `__proto__` is a key like any other.
      return Object.fromEntries(pairs.map(({ key, value }) => [key, fromExpressionData(value)]));
    }
    case data.Kind.Number:
      if (!Number.isFinite(value.number())) {
        throw new RangeError(`a result must be a JSON value, received ${value.number()}`);
      }
      return value.number();
    case data.Kind.Boolean:
      return (value as data.BooleanData).value;
    default:
      return value.coerceString();
  }
}

/** `fromJSON`, in place of the library's own, which makes dictionaries of its own kind. */
export const fromJson: FunctionDefinition = {
  name: "fromJSON",
  minArgs: 1,
  maxArgs: 1,
  call: (...[text]) => toExpressionData(JSON.parse(text!.coerceString())),
};

// Array.isArray does not narrow readonly arrays away.
function isArray(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}
