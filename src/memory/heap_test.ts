import assert from "node:assert/strict";
import fc from "fast-check";
import { Heap } from "./heap.ts";

interface Item {
  readonly name: string;
  at: number;
}

const command = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), name: fc.nat(9), at: fc.nat(20) }),
  fc.record({ kind: fc.constant("delete" as const), name: fc.nat(9) }),
  fc.record({ kind: fc.constant("first" as const), limit: fc.nat(5), until: fc.nat(20), odd: fc.boolean() }),
);

function byTime(a: Item, b: Item): number {
  return a.at - b.at || (a.name < b.name ? -1 : 1);
}

Deno.test("Heap gives what a sorted list gives, whatever is put in, moved and taken out", () => {
  fc.assert(fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
    const items = Array.from({ length: 10 }, (_, name): Item => ({ name: `${name}`, at: 0 }));
    const heap = new Heap<Item>(byTime);
    const list = new Set<Item>();
    for (const command of commands) {
      if (command.kind === "first") {
        const within = (item: Item) => item.at <= command.until;
        const fits = (item: Item) => !command.odd || item.at % 2 === 1;
        const expected = [...list].sort(byTime).filter((item) => within(item) && fits(item));
        assert.deepEqual(heap.first(command.limit, within, fits), expected.slice(0, command.limit));
        continue;
      }
      const item = items[command.name]!;
      if (command.kind === "put") {
        item.at = command.at;
        heap.put(item);
        list.add(item);
      } else {
        heap.delete(item);
        list.delete(item);
      }
      assert.equal(heap.has(item), list.has(item));
    }
  }));
});
