/**
 * All the ways in which a text is looked for: as it is, and as base64, hex, part of a URL, of JSON and of a shell
 * command. Each is in characters that stand for nothing but the text, so that what is around it does not matter.
 */
export function encodingsOf(text: string): Set<string> {
  const bytes = new TextEncoder().encode(text);
  const found = new Set<string>([text]);
  for (const encode of [base64, hex]) for (const encoded of encode(bytes)) found.add(encoded);
  for (const encode of [url, json, shell]) for (const encoded of encode(text)) found.add(encoded);
  return found;
}

/** At each of the three places that a text can have within a longer one: without what its neighbours share in. */
function* base64(bytes: Uint8Array): Iterable<string> {
  for (const before of [0, 1, 2]) {
    const placed = new Uint8Array(before + bytes.length);
    placed.set(bytes, before);
    const whole = placed.toBase64({ omitPadding: true });
    const end = Math.floor(placed.length * 8 / 6);
    const core = whole.slice(Math.ceil(before * 8 / 6), end);
    yield core;
    yield core.replaceAll("+", "-").replaceAll("/", "_");
  }
}

function* hex(bytes: Uint8Array): Iterable<string> {
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  for (const all of [pairs, pairs.map((pair) => pair.toUpperCase())]) {
    yield all.join("");
    yield all.join(" ");
    yield all.join(":");
    yield all.map((pair) => `\\x${pair}`).join("");
  }
}

/** As the usual functions and tools write it: they differ in what they leave as it is, and in the case of the digits. */
function* url(text: string): Iterable<string> {
  const strict = encodeURIComponent(text).replace(/[!'()*]/g, percent);
  const all = [
    encodeURIComponent(text),
    encodeURI(text),
    strict,
    strict.replaceAll("%2F", "/"),
    strict.replaceAll("%20", "+"),
    strict.replaceAll("%20", "+").replaceAll("%2A", "*"),
    strict.replaceAll("~", "%7E"),
    strict.replaceAll("%20", "+").replaceAll("%2A", "*").replaceAll("~", "%7E"),
    Array.from(
      new TextEncoder().encode(text),
      (byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`,
    )
      .join(""),
  ];
  for (const encoded of all) {
    yield encoded;
    yield encoded.replace(/%../g, (code) => code.toLowerCase());
  }
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Inside of the quotes. */
function* json(text: string): Iterable<string> {
  const plain = JSON.stringify(text).slice(1, -1);
  const ascii = escapeUnits(plain, /[\u007f-\uffff]/g);
  for (const one of [plain, ascii]) {
    for (const encoded of [one, escapeUnits(one, /[<>&]/g), escapeUnits(one, /[<>&'"+`=]/g)]) {
      yield encoded;
      yield encoded.replaceAll("/", "\\/");
      yield encoded.replace(/\\u[0-9a-f]{4}/g, (code) => `\\u${code.slice(2).toUpperCase()}`);
      // JSON in JSON.
      yield JSON.stringify(encoded).slice(1, -1);
    }
  }
}

function escapeUnits(text: string, which: RegExp): string {
  return text.replace(which, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function* shell(text: string): Iterable<string> {
  // In single quotes, by `set -x`, `${name@Q}` and Python's shlex; in double quotes.
  yield text.replaceAll("'", "'\\''");
  yield text.replaceAll("'", `'"'"'`);
  yield text.replace(/[$`"\\]/g, "\\$&");
  // By `printf %q` of bash, and all of it.
  yield text.replace(/^[#~]|[ !"$&'()*,;<>?[\\\]^`{|}]|(?<=[:=])~/g, "\\$&");
  yield text.replace(/[^A-Za-z0-9_]/g, "\\$&");
  // In $'…', where there are control characters; without a locale also for what is not ASCII.
  const ansi = text.replace(/[\\']/g, "\\$&").replace(/\p{Cc}/gu, controlEscape);
  yield ansi;
  yield ansi.replace(/[\u0080-\u{10ffff}]/gu, octal);
}

const controls = new Map([["\x07", "\\a"], ["\b", "\\b"], ["\t", "\\t"], ["\v", "\\v"], ["\f", "\\f"], [
  "\x1b",
  "\\E",
]]);

function controlEscape(character: string): string {
  return controls.get(character) ?? octal(character);
}

function octal(character: string): string {
  const bytes = new TextEncoder().encode(character);
  return Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
