import { ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { encodingsOf } from "./encodings.ts";

/** Every character that some encoding treats in a way of its own. */
const awkward = [
  "~tilde'quote\"double\\back/slash+plus=equals&amp;%25",
  "#hash and blanks  !bang$dollar`tick*star?(paren)[square]{curly}<angle>|pipe^",
  "colon:~tilde,comma@at;semicolon-_.",
  "grüße 日本語 \u{1f511} key",
  "tab\tand\x1bescape\x07bell\x7fdelete",
];

function check(encode: (text: string) => string, texts: readonly string[] = awkward): void {
  for (const text of texts) {
    const encoded = encode(text);
    ok(
      Array.from(encodingsOf(text)).some((one) => encoded.includes(one)),
      `${JSON.stringify(text)} is not found in ${JSON.stringify(encoded)}`,
    );
  }
}

Deno.test("a text is looked for as it is", () => check((text) => `<${text}>`));

Deno.test("a text is looked for as base64, whatever stands before and after it", () => {
  for (const before of ["", "x", "xy", "xyz", "Bearer "]) {
    for (const after of ["", "1", "12", "123"]) {
      check((text) => Buffer.from(before + text + after).toString("base64"));
      check((text) => Buffer.from(before + text + after).toString("base64url"));
    }
  }
});

Deno.test("a text is looked for as hex, in either case, in pairs and with escapes", () => {
  const pairs = (text: string) => Array.from(Buffer.from(text), (byte) => byte.toString(16).padStart(2, "0"));
  check((text) => Buffer.from(text).toString("hex"));
  check((text) => Buffer.from(text).toString("hex").toUpperCase());
  check((text) => pairs(text).join(" "));
  check((text) => pairs(text).join(":").toUpperCase());
  check((text) => pairs(text).map((pair) => `\\x${pair}`).join(""));
});

Deno.test("a text is looked for as a part of a URL", () => {
  check(encodeURIComponent);
  check(encodeURI);
  check((text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()));
  check((text) => new URLSearchParams({ key: text, other: "1" }).toString());
  check((text) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  );
  check((text) => Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
});

Deno.test("a text is looked for as a part of JSON", () => {
  check((text) => JSON.stringify({ key: [text] }));
  check((text) => JSON.stringify(text).replaceAll("/", "\\/"));
  check((text) => JSON.stringify(JSON.stringify(text)));
  check((text) =>
    JSON.stringify(text).replace(
      /[\u007f-\uffff]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    )
  );
  check((text) => JSON.stringify(text).replace(/[<>&]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`));
});

/** Runs a bash script with the text as its only argument. */
function bash(script: string, text: string, env: Record<string, string> = {}): string {
  const { stdout, stderr, success } = new Deno.Command("bash", { args: ["-c", script, "_", text], env })
    .outputSync();
  ok(success);
  return Buffer.concat([stdout, stderr]).toString();
}

Deno.test("a text is looked for as bash escapes it, for every ASCII character", () => {
  const ascii = Array.from({ length: 95 }, (_, index) => `a${String.fromCharCode(32 + index)}b:`);
  const texts = [
    ...awkward,
    ...ascii,
    ...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index) + "b"),
  ];
  for (const script of ["printf %q", "set -x; :"]) {
    for (const locale of ["C", "C.UTF-8"]) {
      check((text) => bash(`${script} "$1"`, text, { LC_ALL: locale }), texts);
    }
  }
  check((text) => bash('printf %s "${1@Q}"', text, { LC_ALL: "C.UTF-8" }));
});

Deno.test("a text is looked for in single and double quotes of a shell", () => {
  check((text) => `'${text.replaceAll("'", `'"'"'`)}'`);
  check((text) => `"${text.replace(/[\\$`"]/g, "\\$&")}"`);
  check((text) => text.replace(/[^A-Za-z0-9_]/g, "\\$&"));
});
