import type { JsonObject } from "../../definition/json.ts";

/** What JSON can hold and stores have been seen to spoil. */
export const awkward: JsonObject = {
  text: "1.235465673450897890",
  unicode: "äöü €  𝄞 👩‍👩‍👧 \u2028 \ufeff \u202e",
  quotes: `'"\`\\ $(touch x) ; DROP TABLE wfe_instance; --`,
  control: "tab\tline\r\nbell\u0007 escape\u001b[31m",
  numbers: [0, 1, -1, 0.1, 1e-300, 1.7976931348623157e308, 9007199254740991, -9007199254740991],
  empty: ["", [], {}, null, false],
  nested: { a: [{ b: [[{ c: { d: null } }]] }] },
  "": "an empty key",
  "👍 key\n": "an odd key",
  constructor: "a key of every object",
  "10": "keys that are numbers",
  "9": "move to the front",
};
