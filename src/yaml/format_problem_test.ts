import { equal, ok } from "node:assert/strict";
import { formatProblem, visible } from "./format_problem.ts";
import { Source } from "./source.ts";

function rendered(text: string, part: string, remedy?: string): string {
  const source = new Source(text, "a.yaml");
  const start = source.text.indexOf(part);
  return formatProblem(source.problem({ start, end: start + part.length }, "Cannot use it", remedy));
}

Deno.test("formatProblem() shows the line, a marker and the remedy", () => {
  equal(
    rendered("one: 1\ntwo: bad\n", "bad", "Use it."),
    "a.yaml:2:6: Cannot use it\n 2 | two: bad\n   |      ^^^\n  Use it.",
  );
});

Deno.test("formatProblem() marks the column below tabs, wide and combining characters", () => {
  equal(rendered("a\tb: bad", "bad"), "a.yaml:1:6: Cannot use it\n 1 | a    b: bad\n   |         ^^^");
  equal(rendered("日本: bad", "bad"), "a.yaml:1:5: Cannot use it\n 1 | 日本: bad\n   |       ^^^");
  equal(rendered("e\u0301: bad", "bad"), "a.yaml:1:5: Cannot use it\n 1 | e\u0301: bad\n   |    ^^^");
  equal(rendered("a: 日本", "日本"), "a.yaml:1:4: Cannot use it\n 1 | a: 日本\n   |    ^^^^");
});

Deno.test("formatProblem() makes visible what a terminal obeys or hides", () => {
  equal(
    rendered("\x1b[31m\u202e: bad", "bad"),
    "a.yaml:1:9: Cannot use it\n 1 | ␛[31m<U+202E>: bad\n   |                ^^^",
  );
  equal(visible("\0\t\x7f\x9b\u200b\ud800"), "␀␉␡<U+009B><U+200B><U+D800>");
});

Deno.test("formatProblem() cuts long lines around the place", () => {
  for (const before of [0, 10, 90, 1_000, 500_000]) {
    const [, line, marks] = rendered("x".repeat(before) + "bad" + "y".repeat(500_000), "bad").split("\n");
    ok(line!.length < 120, line);
    equal(line!.slice(marks!.indexOf("^"), marks!.lastIndexOf("^") + 1), "bad");
  }
});

Deno.test("formatProblem() marks the end of a line, and the first line of several", () => {
  const source = new Source("abc\ndef", "a.yaml");
  equal(formatProblem(source.problem({ start: 3, end: 3 }, "M")), "a.yaml:1:4: M\n 1 | abc\n   |    ^");
  equal(formatProblem(source.problem({ start: 1, end: 6 }, "M")), "a.yaml:1:2: M\n 1 | abc\n   |  ^^");
  equal(formatProblem(source.problem({ start: 7, end: 7 }, "M")), "a.yaml:2:4: M\n 2 | def\n   |    ^");
});
