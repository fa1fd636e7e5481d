import { equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { parseDocument } from "./document.ts";
import { nodeAt } from "./node.ts";
import { makeSource } from "./read_source.ts";
import { ScalarOffsets } from "./scalar_offset.ts";

/** The text in the file of the part of the value at `path` that reads `part`. */
function partInFile(text: string, part: string): string {
  const source = makeSource(text, "a.yaml");
  const node = nodeAt(parseDocument(source), ["a"]);
  ok(node?.kind === "scalar");
  const { start, end } = new ScalarOffsets(source, node).span(String(node.value).indexOf(part), part.length);
  return source.text.slice(start, end);
}

for (
  const [style, text, part, inFile] of [
    ["literal", "a: |\n  one\n    two ${{ x }}\n", "${{ x }}"],
    ["literal with a blank first line", "a: |\n\n\n  ${{ x }}\n", "${{ x }}"],
    ["literal with an indentation of its own", "a: |2-\n    two\n   ${{ x }}\n", "${{ x }}"],
    ["literal behind a comment", "a: |+ # $ note {{\n  two ${{ x }}\n\n", "${{ x }}"],
    ["folded", "a: >\n  one\n  two\n\n  ${{ x }} three\n", "${{ x }}"],
    ["plain", "a: one ${{ x }} two\n", "${{ x }}"],
    ["plain over lines", "a: one\n  two\n  ${{ x }}\n", "${{ x }}"],
    ["single quotes", "a: 'it''s ''${{ x }}'''\n", "${{ x }}"],
    ["single quotes over lines", "a: 'one\n\n  two ${{ x }}'\n", "${{ x }}"],
    ["double quotes", 'a: "\\x41\\u00e9\\U0001d11e\\n\\t\\ \\"${{ x }}"\n', "${{ x }}"],
    ["double quotes over lines", 'a: "one\\\n  two\n  ${{ x }}"\n', "${{ x }}"],
    ["an expression with escapes", 'a: "${{ \\"x\\" }}"\n', '${{ "x" }}', '${{ \\"x\\" }}'],
    ["an expression over lines", "a: |\n  ${{\n    x }}\n", "${{\n  x }}", "${{\n    x }}"],
  ] as const
) {
  Deno.test(`ScalarOffsets finds a part of a scalar: ${style}`, () => {
    equal(partInFile(text, part), inFile ?? part);
  });
}

Deno.test("ScalarOffsets finds every mark, however the text is written", () => {
  const piece = fc.constantFrom(
    "a",
    "é",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "'",
    '"',
    "\\",
    "#",
    ": ",
    "- ",
    "{",
    "0",
  );
  // No character of two units among them: the writing library breaks lines within one.
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  const style = fc.constantFrom("BLOCK_LITERAL", "BLOCK_FOLDED", "QUOTE_SINGLE", "QUOTE_DOUBLE", "PLAIN");
  fc.assert(fc.property(text, text, style, (before, after, defaultStringType) => {
    const file = stringify({ a: `${before}€${after}` }, {
      defaultStringType,
      defaultKeyType: "PLAIN",
      lineWidth: 20,
    });
    equal(partInFile(file, "€"), "€", file);
  }));
});
