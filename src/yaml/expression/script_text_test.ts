import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { stripTypeScriptTypes } from "node:module";
import fc from "fast-check";
import type { JsonValue } from "../../definition/json.ts";
import { compileScriptText, offsetInScript } from "./script_text.ts";
import { HOSTILE_VALUES } from "./testdata/hostile_values.ts";
import { TextProblem } from "./text_problem.ts";

const EXPRESSION = "${{ data.x }}";

/** A text in which `@@` stands for an expression. */
function withExpression(text: string): string {
  return text.replaceAll("@@", EXPRESSION);
}

/** Runs a function body with every expression set to `value`. */
function runScript(text: string, value: JsonValue): unknown {
  const { text: compiled, expressions } = compileScriptText(withExpression(`function main() { ${text} }`));
  const names = Object.keys(expressions);
  const code = `${stripTypeScriptTypes(compiled)}; return main();`;
  return new Function(...names, code)(...names.map(() => structuredClone(value)));
}

const PLACES: [text: string, returns: (value: JsonValue) => unknown][] = [
  ["const x = @@; return x", (value) => value],
  ["return [@@, ...[@@]]", (value) => [value, value]],
  ["return { a: @@, ['b']: @@ }", (value) => ({ a: value, b: value })],
  ["return ((x) => x)(@@)", (value) => value],
  ["function f(x = @@) { return x } return f()", (value) => value],
  ["return (() => @@)()", (value) => value],
  ["return @@ as unknown as string", (value) => value],
  ["return @@! satisfies unknown", (value) => value],
  ["return true ? @@ : 0", (value) => value],
  ["return JSON.stringify(@@)", (value) => JSON.stringify(value)],
  ["return `<${JSON.stringify(@@)}>`", (value) => `<${JSON.stringify(value)}>`],
  [
    "class A { x = @@; #y = @@; z() { return [this.x, this.#y] } } return new A().z()",
    (value) => [value, value],
  ],
  ["let x; x = @@; return x", (value) => value],
  ["switch (@@) { case 1: default: return @@ }", (value) => value],
  ["try { throw @@ } catch (x) { return x }", (value) => value],
  ["return (0, @@)", (value) => value],
  ["return { x: 1, y: @@ }\n  .y", (value) => value],
];

Deno.test("compileScriptText() lets hostile texts arrive in every place", () => {
  for (const [text, returns] of PLACES) {
    for (const value of HOSTILE_VALUES) deepEqual(runScript(text, value), returns(value), text);
  }
});

Deno.test("compileScriptText() lets every JSON value arrive as it is", () => {
  fc.assert(fc.property(fc.constantFrom(...PLACES), fc.jsonValue(), ([text, returns], generated) => {
    const value = JSON.parse(JSON.stringify(generated));
    deepEqual(runScript(text, value), returns(value));
  }));
});

Deno.test("compileScriptText() leaves a script without expressions alone, whatever it is", () => {
  for (const text of ["const = ;", "`${x}`", "WFE_EXPR_1"]) {
    deepEqual(compileScriptText(text), { text, expressions: {} });
  }
});

Deno.test("compileScriptText() gives plain JSON, and keeps lines and columns", () => {
  const compiled = compileScriptText("f(${{ data.x }}, y);\ng( ${{ var.a }} )");
  deepEqual(compiled, {
    text: "f(WFE_EXPR_1   , y);\ng( WFE_EXPR_2   )",
    expressions: { WFE_EXPR_1: "data.x", WFE_EXPR_2: "var.a" },
  });
  deepEqual(JSON.parse(JSON.stringify(compiled)), compiled);
  equal(compileScriptText("f(${{1}})").text, "f(WFE_EXPR_1)");
});

Deno.test("compileScriptText() refuses places where no value can stand, and points to Wfe.vars", () => {
  const places: [text: string, where: RegExp][] = [
    ["'@@'", /inside a string/],
    ['f("a @@")', /inside a string/],
    ["'use @@'", /inside a string/],
    ["`a @@`", /inside the text of a template/],
    ["f`@@${1}`", /inside the text of a template/],
    ["/a@@/.test(b)", /inside a regular expression/],
    ["f() // @@", /inside a comment/],
    ["f(/* @@ */)", /inside a comment/],
    ["let x: @@", /inside a type/],
    ["x as @@", /inside a type/],
    ["f<@@>()", /inside a type/],
    ["type T = @@", /inside a type/],
    ["const @@ = 1", /as a target/],
    ["@@ = 1", /as a target/],
    ["@@++", /as a target/],
    ["[@@] = x", /as a target/],
    ["for (@@ of x) {}", /as a target/],
    ["const { a: @@ } = x", /name of a property/],
    ["({ @@ })", /name of a property/],
    ["({ @@: 1 })", /name of a property/],
    ["class A { @@() {} }", /name of a property/],
    ["a.@@", /name of a property/],
    ["@@: for (;;) {}", /as a label/],
    ["import @@ from 'x'", /import or export/],
    ["import { a as @@ } from 'x'", /import or export/],
    ["await import(@@)", /import or export/],
    ["export default @@", /import or export/],
    ["@@ => 1", /in this place/],
    ["function @@() {}", /in this place/],
    ["class @@ {}", /in this place/],
    ["try {} catch (@@) {}", /in this place/],
    ["@@()", /in this place/],
    ["eval(@@)", /run as code/],
    ["globalThis.eval(@@)", /run as code/],
    ["new Function(@@)", /run as code/],
    ["setTimeout(@@, 1)", /run as code/],
    ["a@@", /next to a name/],
    ["@@a", /next to a name/],
    ["$@@", /next to a name/],
    ["#@@", /next to a name/],
    ["é@@", /next to a name/],
    ["1@@", /next to a name/],
  ];
  for (const [text, where] of places) {
    const source = withExpression(text);
    throws(() => compileScriptText(source), (error) => {
      ok(error instanceof TextProblem, text);
      ok(where.test(error.message), `${text}: ${error.message}`);
      deepEqual([error.offset, error.length], [source.indexOf(EXPRESSION), EXPRESSION.length], text);
      ok(error.remedy?.includes("Wfe.vars"), text);
      return true;
    });
  }
  throws(
    () => compileScriptText("'${{ var.name }}'"),
    ({ remedy }: TextProblem) => remedy!.includes("Wfe.vars.name"),
  );
});

Deno.test("compileScriptText() points at a syntax error of the script where it stands in the source", () => {
  const source = "f(${{1}}, ${{ data.long.path }});\nconst = ;";
  throws(() => compileScriptText(source), { offset: source.indexOf("= ;") });
  throws(() => compileScriptText(withExpression("f();\nreturn @@;")), (error) => {
    ok(error instanceof TextProblem && error.offset === 5, String(error));
    ok(/'return' outside of function/.test(error.message), error.message);
    return true;
  });
});

Deno.test("compileScriptText() refuses its own names and expressions over several lines", () => {
  throws(() => compileScriptText("f(${{ 1 }}, WFE_EXPR_1)"), { offset: 12, length: 9 });
  throws(() => compileScriptText("f(${{\n1 }})"), { offset: 2, length: 8 });
});

Deno.test("offsetInScript() finds what stands in a compiled script in its source", () => {
  // One expression is shorter than its name, one as long or longer, and a name says how often it stands.
  const source = "a1(${{ 1 }}, a2);\nb1(${{ data.something }}) + b2(${{ 2 }}, ${{ 3 }}, b3);\nc1()";
  const { text } = compileScriptText(source);
  for (const [name] of source.matchAll(/\b[abc]\d|;|\n/g)) {
    equal(offsetInScript(source, text.indexOf(name)), source.indexOf(name), name);
  }
  equal(offsetInScript(source, text.indexOf("WFE_EXPR_3")), source.indexOf("${{ 2"));
  equal(offsetInScript(source, text.length), source.length);
});
