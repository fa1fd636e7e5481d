import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import type { JsonValue } from "../../definition/json.ts";
import { ExpressionError } from "./expression_error.ts";
import { MAX_PROCESS_TEXT } from "./process_text.ts";
import { compileTemplate, expressionsOf, renderTemplate } from "./template.ts";

function render(text: string, x: JsonValue): string {
  return renderTemplate(compileTemplate(text), { var: {}, data: { x }, run: { id: "r", attempt: 1 } });
}

Deno.test("compileTemplate() gives plain JSON, and a text without expressions as it is", () => {
  equal(compileTemplate("plain $X {{ }}"), "plain $X {{ }}");
  const template = compileTemplate("a ${{ data.x }}b${{ var.y }}");
  deepEqual(template, { template: ["a ", { expression: "data.x" }, "b", { expression: "var.y" }] });
  deepEqual(JSON.parse(JSON.stringify(template)), template);
  deepEqual(expressionsOf(template), ["data.x", "var.y"]);
});

Deno.test("renderTemplate() writes values as text", () => {
  const rows: [JsonValue, string][] = [
    ["007", "007"],
    [12.5, "12.5"],
    [false, "false"],
    [null, ""],
    [{ a: [1, "ü"] }, '{"a":[1,"ü"]}'],
    [[], "[]"],
  ];
  for (const [value, text] of rows) equal(render("<${{ data.x }}>", value), `<${text}>`);
});

Deno.test("renderTemplate() does not look for expressions in values", () => {
  equal(render("${{ data.x }}", "${{ data.x }}"), "${{ data.x }}");
  equal(render("a ${{ '${{' }} b", 1), "a ${{ b");
  equal(render("$${{ data.x }}", 5), "$5");
});

Deno.test("renderTemplate() leaves any text unchanged", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (before, value) => {
    fc.pre(!before.includes("${{") && !(before + value).includes("\0"));
    equal(render(`${before}\n\${{ data.x }}`, value), `${before}\n${value}`);
  }));
});

Deno.test("renderTemplate() refuses what a process cannot be given", () => {
  const refuses = (text: string, value: JsonValue, message: RegExp) =>
    throws(() => render(text, value), (error) => {
      ok(error instanceof ExpressionError && error.code === "EXPRESSION");
      ok(message.test(error.message), error.message);
      return true;
    });
  refuses("a ${{ data.x }}", "a\0b", /NUL/);
  refuses("${{ data.x }}", "\ud800", /surrogate/);
  refuses("${{ data.x }}", "ü".repeat(MAX_PROCESS_TEXT / 2) + "x", /can have 102400 bytes, received 102401/);
  refuses("${{ data.x }}${{ data.x }}", "x".repeat(MAX_PROCESS_TEXT - 1), /102400/);
  equal(render("${{ data.x }}", "ü".repeat(MAX_PROCESS_TEXT / 2)).length, MAX_PROCESS_TEXT / 2);
});
