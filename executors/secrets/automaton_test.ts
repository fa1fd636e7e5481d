import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { Automaton } from "./automaton.ts";

/** For each place at which patterns end, the longest of them: by trying each pattern at each place. */
function longestAt(patterns: readonly string[], text: string): [end: number, length: number][] {
  const found: [number, number][] = [];
  for (let end = 1; end <= text.length; end++) {
    const lengths = patterns.filter((one) => one !== "" && text.slice(0, end).endsWith(one)).map((one) =>
      one.length
    );
    if (lengths.length > 0) found.push([end, Math.max(...lengths)]);
  }
  return found;
}

function read(automaton: Automaton, text: string): [end: number, length: number][] {
  const found: [number, number][] = [];
  automaton.read(text, 0, (end, length) => found.push([end, length]));
  return found;
}

const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "é", "\u{1f600}"), maxLength: 7 });

Deno.test("an automaton finds at each place the longest pattern that ends there", () => {
  fc.assert(fc.property(fc.array(word, { maxLength: 12 }), fc.array(word), (patterns, words) => {
    const text = words.join("");
    deepEqual(read(new Automaton(patterns), text), longestAt(patterns, text));
  }));
});

Deno.test("an automaton finds the same whatever the pieces in which it reads a text", () => {
  fc.assert(fc.property(fc.array(word, { maxLength: 12 }), fc.array(word), (patterns, pieces) => {
    const automaton = new Automaton(patterns);
    const found: [number, number][] = [];
    let state = 0;
    let start = 0;
    for (const piece of pieces) {
      state = automaton.read(piece, state, (end, length) => found.push([start + end, length]));
      start += piece.length;
    }
    deepEqual(found, longestAt(patterns, pieces.join("")));
  }));
});

Deno.test("an automaton passes over line breaks, and tells which pattern it has found", () => {
  const automaton = new Automaton(["none", "abcd"]);
  const found: unknown[] = [];
  automaton.read("xab\r\n\ncd", 0, (...hit) => found.push(hit));
  deepEqual(found, [[8, 4, 1]]);
});

Deno.test("an automaton says how much of a pattern has begun", () => {
  const automaton = new Automaton(["abcdef", "cdx"]);
  equal(automaton.begun(automaton.read("..abcde", 0, () => {})), 5);
  equal(automaton.begun(automaton.read("..abcd.", 0, () => {})), 0);
  equal(automaton.begun(automaton.read("..bcd", 0, () => {})), 2);
});

Deno.test("an automaton takes time in proportion to the text, also where a pattern nearly matches everywhere", () => {
  const pattern = `${"a".repeat(20_000)}b`;
  const automaton = new Automaton([pattern, "a".repeat(1_000) + "c"]);
  // Trying the pattern at each place would take 40,000,000,000 comparisons.
  equal(read(automaton, "a".repeat(2_000_000)).length, 0);
});
