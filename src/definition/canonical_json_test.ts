import { equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, frozenJson } from "./canonical_json.ts";
import { InvalidJsonError, PayloadTooLargeError } from "./errors.ts";

Deno.test("canonicalJson() sorts keys and leaves undefined out", () => {
  equal(canonicalJson({ b: 1, a: { d: null, c: undefined } }, "data"), '{"a":{"d":null},"b":1}');
});

Deno.test("canonicalJson() writes any JSON value so that it reads back the same", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    fc.pre(!JSON.stringify(value).includes("\\u0000") && !JSON.stringify(value).includes("__proto__"));
    fc.pre(JSON.stringify(value).isWellFormed() && !/\\ud[89a-f]/.test(JSON.stringify(value)));
    try {
      equal(JSON.stringify(JSON.parse(canonicalJson(value, "data"))), sortKeys(value));
    } catch (error) {
      if (!(error instanceof InvalidJsonError)) throw error;
      fc.pre(false);
    }
  }));
});

function sortKeys(value: unknown): string {
  return JSON.stringify(
    JSON.parse(JSON.stringify(value)),
    (_key, member) =>
      typeof member === "object" && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => a < b ? -1 : 1))
        : member,
  );
}

const cyclic: Record<string, unknown> = {};
cyclic.self = { cyclic };

const refused: readonly (readonly [name: string, value: unknown, path: string])[] = [
  ["a BigInt", { n: 1n }, "data.n"],
  ["undefined in an array", [undefined], "data[0]"],
  ["NaN", { n: NaN }, "data.n"],
  ["Infinity", { n: Infinity }, "data.n"],
  ["a whole number beyond 2^53", { n: 2 ** 53 }, "data.n"],
  ["a Date", { at: new Date(0) }, "data.at"],
  ["a Map", { map: new Map() }, "data.map"],
  ["a class instance", { url: new URL("https://example.com") }, "data.url"],
  ["a function", { fn: () => 1 }, "data.fn"],
  ["a symbol", { s: Symbol("s") }, "data.s"],
  ["a cycle", cyclic, "data.self.cyclic"],
  // deno-lint-ignore no-sparse-arrays
  ["a hole in an array", [1, , 2], "data[1]"],
  ["a lone surrogate", { s: "\ud800" }, "data.s"],
  ["a NUL character", { s: "a\0b" }, "data.s"],
  ["a lone surrogate in a key", { "\udfff": 1 }, 'data["\\udfff"]'],
  ["the key __proto__", JSON.parse('{"a":{"__proto__":1}}'), "data.a.__proto__"],
];

for (const [name, value, path] of refused) {
  Deno.test(`canonicalJson() refuses ${name} and names its place`, () => {
    throws(
      () => canonicalJson(value, "data"),
      (error: Error) => error instanceof InvalidJsonError && error.path === path,
    );
  });
}

Deno.test("canonicalJson() names what is no plain object by its class, if it has one", () => {
  class Money {}
  throws(() => canonicalJson({ price: new Money() }, "data"), {
    message: "Cannot store data.price: Money is no plain object",
  });
  const nameless = Object.create(Object.create(Object.create(null)));
  throws(() => canonicalJson({ price: nameless }, "data"), {
    message: "Cannot store data.price: a class instance is no plain object",
  });
  equal(canonicalJson(Object.assign(Object.create(null), { a: 1 }), "data"), '{"a":1}');
});

Deno.test("canonicalJson() refuses 100,000 levels without running out of stack", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];
  throws(() => canonicalJson(deep, "data"), InvalidJsonError);
});

Deno.test("canonicalJson() counts the limit in bytes of UTF-8", () => {
  equal(canonicalJson("é".repeat(10), "data", 22).length, 12);
  throws(
    () => canonicalJson("é".repeat(10), "data", 21),
    (error: Error) => error instanceof PayloadTooLargeError && error.bytes === 22 && error.limit === 21,
  );
});

Deno.test("frozenJson() returns a copy that later changes do not reach", () => {
  const given = { list: [1] };
  const kept = frozenJson(given, "data");
  given.list.push(2);
  equal(kept.list.length, 1);
  throws(() => kept.list.push(3), TypeError);
});
