import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson } from "../definition/canonical_json.ts";
import { InvalidJsonError } from "../definition/errors.ts";
import type { JsonValue } from "../definition/json.ts";
import { followingOf } from "./following.ts";

const step = {
  key: "a",
  type: "code",
  next: ["always"],
  outcomes: [{ value: 1, next: "one" }, { value: [1], next: "list" }, { value: 1, next: "also" }],
};

Deno.test("what always follows comes first, then every outcome that equals the value", () => {
  deepEqual(followingOf(step), ["always"]);
  deepEqual(followingOf(step, 1), ["always", "one", "also"]);
  deepEqual(followingOf(step, [1]), ["always", "list"]);
  deepEqual(followingOf({ key: "a", type: "code" }, 1), []);
});

Deno.test("outcomes are equal exactly where their JSON is the same", () => {
  const small = fc.jsonValue({ maxDepth: 2 });
  const few = fc.constantFrom<JsonValue>(
    null,
    0,
    "0",
    "",
    [],
    {},
    [0],
    { 0: 0 },
    { length: 0 },
    { a: 1, b: [{}] },
    { b: [{}], a: 1 },
    { a: 1, b: [[]] },
    { a: 1 },
    { a: null },
    { b: null },
  );
  const value = fc.oneof(few, small as fc.Arbitrary<JsonValue>);
  fc.assert(
    fc.property(value, fc.oneof(value, fc.constant(undefined)), (given, other) => {
      const outcome = other === undefined ? structuredClone(given) : other;
      const isSame = sameJson(given, outcome);
      fc.pre(isSame !== null);
      const follows = followingOf(
        { key: "a", type: "code", outcomes: [{ value: given, next: "b" }] },
        outcome,
      );
      equal(follows.length > 0, isSame);
    }),
    { numRuns: 2_000 },
  );
});

/** Whether two values have the same JSON; null where a store would refuse one. */
function sameJson(a: JsonValue, b: JsonValue): boolean | null {
  try {
    return canonicalJson(a, "a") === canonicalJson(b, "b");
  } catch (error) {
    if (error instanceof InvalidJsonError) return null;
    throw error;
  }
}
