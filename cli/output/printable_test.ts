import { equal } from "node:assert/strict";
import { printable, printableText } from "./printable.ts";

Deno.test("printable() takes escape sequences out of a line", () => {
  equal(printable("\x1b[31mred\x1b[0m"), "red");
  equal(printable("\x1b]0;title\x07rest"), "rest");
  equal(printable("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\"), "link");
});

Deno.test("printable() leaves no character that a terminal obeys", () => {
  for (let code = 0; code < 0xa0; code++) {
    const shown = printable(`a${String.fromCodePoint(code)}b`);
    const isControl = code < 0x20 && code !== 9 || code >= 0x7f;
    // deno-lint-ignore no-control-regex
    if (isControl) equal(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/.test(shown), false, `U+${code.toString(16)}`);
    else equal(shown, `a${String.fromCodePoint(code)}b`);
  }
});

Deno.test("printable() shows marks that reorder a line", () => {
  equal(printable("safe\u202egnp.exe"), "safe\ufffdgnp.exe");
  equal(printable("a\u2066b\u2028c"), "a\ufffdb\ufffdc");
});

Deno.test("printable() keeps the last state of a line that overwrote itself", () => {
  equal(printable("10%\r50%\r100%"), "100%");
  equal(printable("100%\r"), "100%");
});

Deno.test("printable() keeps other scripts and tabs", () => {
  equal(printable("\tÜber 日本語 שלום 👩‍💻"), "\tÜber 日本語 שלום 👩‍💻");
});

Deno.test("printableText() keeps its lines apart", () => {
  equal(printableText("a\x1b[1m\nb\x07"), "a\nb␇");
});
