import { deepEqual, equal, throws } from "node:assert/strict";
import { replaceExpressions, scanExpressions } from "./scan.ts";
import { TextProblem } from "./text_problem.ts";

const sources = (text: string) => scanExpressions(text).map(({ source }) => source);

Deno.test("scanExpressions() gives source and offsets of every expression", () => {
  deepEqual(scanExpressions("a ${{ x }} b ${{y}}"), [
    { offset: 2, end: 10, source: " x ", sourceOffset: 5 },
    { offset: 13, end: 19, source: "y", sourceOffset: 16 },
  ]);
  deepEqual(scanExpressions("no $ {{ x }} $(y) ${z} here"), []);
});

Deno.test("scanExpressions() does not end an expression inside one of its strings", () => {
  deepEqual(sources("${{ '}}' }}"), [" '}}' "]);
  deepEqual(sources("${{ 'it''s }}' }} '"), [" 'it''s }}' "]);
  deepEqual(sources("${{ '${{' }}"), [" '${{' "]);
});

Deno.test("scanExpressions() takes a dollar sign before an expression as text", () => {
  equal(scanExpressions("$${{ x }}")[0]?.offset, 1);
});

Deno.test("scanExpressions() points at what is not closed", () => {
  const problem = (text: string) => {
    let found: unknown;
    throws(() => scanExpressions(text), (error) => (found = error) instanceof TextProblem);
    return found as TextProblem;
  };
  deepEqual([problem("ab ${{ x }").offset, problem("ab ${{ x }").length], [3, 3]);
  equal(problem("${{ a }} ${{ 'x }}").offset, 13);
  equal(typeof problem("${{").remedy, "string");
});

Deno.test("replaceExpressions() leaves the text between expressions as it is", () => {
  const text = "${{ a }}-${{ b }}-";
  equal(
    replaceExpressions(text, scanExpressions(text), ({ source }, index) => source.trim() + index),
    "a0-b1-",
  );
});
