import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { LineSplitter } from "../process/line_splitter.ts";
import { encodingsOf } from "./encodings.ts";
import { makeSecrets } from "./mask.ts";

const token = "s3cr3t-t0ken/+ 'x'";

function linesOf(secrets: ReturnType<typeof makeSecrets>, lines: readonly string[]): string[] {
  const shown: string[] = [];
  const mask = secrets.maskLines((line) => shown.push(line));
  for (const line of lines) mask.push(line);
  mask.end();
  return shown;
}

Deno.test("a secret is masked in every encoding, and what is around it stays", () => {
  const secrets = makeSecrets({ token });
  for (const encoded of encodingsOf(token)) {
    equal(secrets.mask(`[${encoded}]`), "[***]");
    deepEqual(linesOf(secrets, ["before", `[${encoded}] [${encoded}]`, "after"]), [
      "before",
      "[***] [***]",
      "after",
    ]);
  }
});

Deno.test("a secret is masked without the blanks around it, too", () => {
  const secrets = makeSecrets({ padded: " s3cr3t-t0ken\t", json: '{\n  "key": "abcdefgh"\n}' });
  equal(secrets.mask('s3cr3t-t0ken "key": "abcdefgh" [ s3cr3t-t0ken\t]'), "*** *** [***]");
});

Deno.test("a secret that begins with another is masked to its end", () => {
  const secrets = makeSecrets({ short: "password", long: "password-of-the-database" });
  equal(secrets.mask("password password-of-the-database password-of."), "*** *** ***-of.");
});

Deno.test("secrets that overlap leave nothing of either", () => {
  const secrets = makeSecrets({ one: "abcdefgh1234", two: "1234ijklmnop" });
  equal(secrets.mask("<abcdefgh1234ijklmnop>"), "<***>");
});

Deno.test("a secret of several lines is masked line by line, and as a whole with its short lines", () => {
  const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nshort\n-----END KEY-----\n";
  const secrets = makeSecrets({ key });
  equal(secrets.mask("key: MIIEvQIBADANBgkq."), "key: ***.");
  equal(secrets.mask(`<${key.trim()}>`), "<***\n***\n***\n***>");
  deepEqual(linesOf(secrets, key.split("\n")), ["***", "***", "***", "***", ""]);
  ok(!secrets.mask(JSON.stringify({ key })).includes("MIIE"));
});

Deno.test("a secret is masked where a tool has wrapped it over several lines", () => {
  const secrets = makeSecrets({ token });
  for (const encoded of encodingsOf(token)) {
    for (const width of [5, 8, 13]) {
      const wrapped = encoded.match(new RegExp(`.{1,${width}}`, "gsu"))!;
      deepEqual(linesOf(secrets, wrapped), wrapped.map(() => "***"));
    }
  }
});

Deno.test("of a secret wrapped after fewer than four characters, these are shown and nothing else", () => {
  deepEqual(linesOf(makeSecrets({ token: "0123456789abcdef" }), ["012", "3456789", "abcdef"]), [
    "012",
    "***",
    "***",
  ]);
});

Deno.test("a line is handed on at once, unless a secret may go on in the next one", () => {
  const shown: string[] = [];
  const mask = makeSecrets({ token: "0123456789abcdef" }).maskLines((line) => shown.push(line));
  mask.push("plain");
  deepEqual(shown, ["plain"]);
  mask.push("so far 01234");
  deepEqual(shown, ["plain"]);
  mask.push("and no further");
  deepEqual(shown, ["plain", "so far 01234", "and no further"]);
});

Deno.test("what is held for a secret that goes on and on is bounded", () => {
  let shown = 0;
  const mask = makeSecrets({ token: "0123456789abcdef" }).maskLines(() => shown++);
  mask.push("01234");
  for (let count = 0; count < 100_000; count++) mask.push("");
  ok(shown > 90_000);
});

Deno.test("a secret is masked whatever the chunks in which a pipe hands it over", () => {
  const base64 = btoa(`user:${token}`);
  const text = `${"x".repeat(65_530)}${token} and ${base64}\nlast ${token}`;
  const bytes = new TextEncoder().encode(text);
  const secrets = makeSecrets({ token });
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
      const shown: string[] = [];
      const mask = secrets.maskLines((line) => shown.push(line));
      const splitter = new LineSplitter((line) => mask.push(line));
      let start = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
        splitter.push(bytes.subarray(start, start = cut));
      }
      splitter.end();
      mask.end();
      // The line was longer than one line may be, and has come in two pieces.
      const masked = `${base64.slice(0, 7)}***${base64.slice(30)}`;
      equal(shown.join("|"), `${"x".repeat(65_530)}***|*** and ${masked}|last ***`);
    }),
    { numRuns: 30 },
  );
});

Deno.test("a text that was cut in a secret is masked to the cut", () => {
  const secrets = makeSecrets({ token });
  equal(secrets.mask(`received "${token.slice(0, 9)}…"`), 'received "***…"');
  equal(secrets.mask(`${token.slice(0, 9)}\nnext`), "***\nnext");
  equal(secrets.mask(`${token.slice(0, 9)} … (70000 characters)`), "*** … (70000 characters)");
});

Deno.test("texts without secrets stay as they are", () => {
  const secrets = makeSecrets({ token });
  fc.assert(fc.property(fc.array(fc.string({ maxLength: 40 })), (lines) => {
    deepEqual(linesOf(secrets, lines), lines);
    equal(secrets.find(lines.join("\n")), undefined);
  }));
  deepEqual(linesOf(makeSecrets({}), ["a", ""]), ["a", ""]);
});

Deno.test("find() names the secret that a text holds", () => {
  const secrets = makeSecrets({ first: "first-secret", second: "second-secret" });
  equal(secrets.find(`basic ${btoa("user:second-secret")}`), "second");
  equal(secrets.find("third-secret"), undefined);
});

Deno.test("masking takes time in proportion to the text, whatever is in it", () => {
  const long = "ab".repeat(10_000);
  const secrets = makeSecrets({ long, other: `${"a".repeat(1_000)}b` });
  // All of it is secret, at every second character again.
  equal(secrets.mask("ab".repeat(1_000_000)), "***");
  const shown = linesOf(secrets, Array.from({ length: 2_000 }, () => "a".repeat(1_000)));
  equal(shown.length, 2_000);
});
