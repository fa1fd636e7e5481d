import { deepFreeze } from "../definition/canonical_json.ts";
import type { JsonValue } from "../definition/json.ts";

/** Values that are known to be frozen JSON through and through. */
const known = new WeakSet<object>();

/** A frozen copy of a record, with each member as it would come back from a file. */
export function isolate<Value extends object>(record: Value): Value {
  const copy = { ...record } as Record<string, unknown>;
  for (const key of Object.keys(copy)) {
    const member = copy[key];
    if (member === undefined) delete copy[key];
    else if (typeof member === "object" && member !== null) copy[key] = share(member as JsonValue);
  }
  return Object.freeze(copy) as Value;
}

/** The value itself where nobody can change it, else a frozen copy: what is frozen is never copied again. */
export function share<Value extends JsonValue | object>(value: Value): Value {
  if (typeof value !== "object" || value === null || known.has(value)) return value;
  const shared = isFrozenJson(value) ? value : deepFreeze(JSON.parse(JSON.stringify(value)) as Value);
  known.add(shared as object);
  return shared;
}

function isFrozenJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      return value === null || isPlain(value) && Object.isFrozen(value) && members(value).every(isFrozenJson);
    default:
      return false;
  }
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || Array.isArray(value) && prototype === Array.prototype;
}

/** The members; of an array the holes too, as undefined. */
function members(value: object): unknown[] {
  return Array.isArray(value) ? Array.from(value) : Object.values(value);
}
