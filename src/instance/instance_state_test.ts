import { equal } from "node:assert/strict";
import fc from "fast-check";
import { cursorKey } from "./instance_state.ts";

Deno.test("two events share a cursor only if they have the same name and the same key", () => {
  equal(cursorKey({ name: "paid", key: "7" }), cursorKey({ key: "7", name: "paid" }));
  const text = fc.oneof(fc.string(), fc.constantFrom('"', '","', "a", 'a","b', "[", "]", "\\", ""));
  fc.assert(fc.property(text, text, text, text, (name, key, otherName, otherKey) => {
    equal(
      cursorKey({ name, key }) === cursorKey({ name: otherName, key: otherKey }),
      name === otherName && key === otherKey,
    );
  }));
});
