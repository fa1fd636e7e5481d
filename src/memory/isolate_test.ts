import assert from "node:assert/strict";
import { frozenJson } from "../definition/canonical_json.ts";
import { isolate, share } from "./isolate.ts";

Deno.test("share() keeps what is frozen through and through, and copies anything else", () => {
  const frozen = frozenJson({ a: [1, { b: null }] }, "data");
  assert.equal(share(frozen), frozen);
  const open: { a: unknown }[] = [
    { a: [1] },
    Object.freeze({ a: [1] }),
    Object.freeze({ a: Object.freeze([Object.freeze({}), { b: 1 }]) }),
  ];
  for (const value of open) {
    const copy = share(value as never);
    assert.notEqual(copy, value);
    assert.deepEqual(copy, value);
    assert.ok(Object.isFrozen(copy) && Object.isFrozen((copy as { a: unknown }).a));
    assert.equal(share(copy), copy);
  }
});

Deno.test("share() makes of odd values what a file would make of them", () => {
  const date = new Date(0);
  class Money {
    readonly amount = 1;
  }
  const odd = Object.freeze({ date, money: new Money(), undefined, nan: NaN, zero: -0, hole: [, 1] });
  assert.deepEqual(share(odd as never), {
    date: "1970-01-01T00:00:00.000Z",
    money: { amount: 1 },
    nan: null,
    zero: 0,
    hole: [null, 1],
  });
});

Deno.test("isolate() gives a record whose change changes nothing", () => {
  const record = { id: "a", data: { list: [1] }, none: undefined, empty: null };
  const kept = isolate(record);
  record.data.list.push(2);
  record.id = "b";
  assert.deepEqual(kept, { id: "a", data: { list: [1] }, empty: null });
  assert.ok(Object.isFrozen(kept) && Object.isFrozen(kept.data.list));
});
