import { deepEqual, equal, throws } from "node:assert/strict";
import { attributeTerms, type AttributeValue, changeAttributes, noAttributes } from "./attributes.ts";

Deno.test("attributes are replaced by name, taken away by null, and frozen", () => {
  const first = changeAttributes(noAttributes, { b: "x", a: [1].map(String), n: -0, no: null });
  deepEqual(first, { a: ["1"], b: "x", n: 0 });
  const second = changeAttributes(first, { b: null, c: true });
  deepEqual(second, { a: ["1"], c: true, n: 0 });
  equal([first, first["a"], second].every(Object.isFrozen), true);
});

Deno.test("attributes that do not differ are the same", () => {
  const first = changeAttributes(noAttributes, { b: "x", a: ["y"] });
  equal(changeAttributes(first, { a: ["y"], other: null }), first);
});

Deno.test("what a run cannot have as an attribute is refused", () => {
  const refused: readonly unknown[] = [
    null,
    ["a"],
    "a",
    { "": "x" },
    { "1a": "x" },
    { "a-b": "x" },
    { ["a".repeat(65)]: "x" },
    { a: NaN },
    { a: {} },
    { a: 1n },
    { a: [1] },
    { a: "ü".repeat(513) },
    { a: "\ud800" },
    { a: "x\0" },
    { a: Array.from({ length: 33 }, () => "x") },
    Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`a${n}`, n])),
  ];
  for (const given of refused) {
    throws(() => changeAttributes(noAttributes, given as Record<string, AttributeValue>), {
      code: "INVALID_ATTRIBUTES",
    });
  }
  changeAttributes(noAttributes, { ["a".repeat(64)]: "ü".repeat(512) });
});

Deno.test("a term tells a text from a number and names from each other", () => {
  deepEqual(attributeTerms({ a: "1", b: 1, c: ["x", "y"] }), [
    '["a","1"]',
    '["b",1]',
    '["c","x"]',
    '["c","y"]',
  ]);
});
