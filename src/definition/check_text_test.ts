import { doesNotThrow, throws } from "node:assert/strict";
import { checkEvent, checkText } from "./check_text.ts";

const refused: readonly (readonly [text: unknown, received: string])[] = [
  [undefined, "undefined"],
  [null, "null"],
  [7, "number"],
  ["x".repeat(1_025), "1025 bytes"],
  ["門".repeat(342), "1026 bytes"],
  ["a\0b", '"a\\u0000b"'],
  ["\ud800", '"\\ud800"'],
];

Deno.test("a text that a store could not keep as it is is refused, in words that name it", () => {
  for (const [text, received] of [...refused, ["", '""'] as const]) {
    throws(() => checkText("do it", "name", text), {
      name: "InvalidTextError",
      code: "INVALID_TEXT",
      message: `Cannot do it: its name must be text of 1 to 1024 bytes in UTF-8, received ${received}`,
    });
  }
  for (const text of ["x", "👍".repeat(256), "'\"\n"]) doesNotThrow(() => checkText("do it", "name", text));
});

Deno.test("an event has a name, and a key that may be empty", () => {
  for (const [text, received] of refused) {
    throws(() => checkEvent("do it", "paid", text), {
      name: "InvalidTextError",
      code: "INVALID_TEXT",
      message: `Cannot do it: its key must be text of at most 1024 bytes in UTF-8, received ${received}`,
    });
  }
  doesNotThrow(() => checkEvent("do it", "paid", ""));
  throws(
    () => checkEvent("do it", "", "7"),
    /its name must be text of 1 to 1024 bytes in UTF-8, received ""$/,
  );
});
