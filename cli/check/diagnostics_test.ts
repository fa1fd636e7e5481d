import { deepEqual, equal } from "node:assert/strict";
import { firstMessage, readDiagnostics } from "./diagnostics.ts";

Deno.test("readDiagnostics() reads what the type checker says, its details in one line", () => {
  const output = `TS2420 [ERROR]: Class 'B' incorrectly implements interface 'A'.
  Property 'a' is missing in type 'B' but required in type 'A'.
  class B implements A {}
        ~
    at file:///tmp/x/0.ts:4:22

    'a' is declared here.
    interface A {a: 1}
                 ^
        at file:///tmp/x/0.ts:3:14

TS2307 [ERROR]: Import "lodash" not a dependency
  hint: If you want to use the npm package, try running \`deno add npm:lodash\`
    at file:///tmp/x/1.ts:2:15

Found 2 errors.

error: Type checking failed.

Stack backtrace:
   0: <unknown>
`;
  deepEqual(readDiagnostics(output), [
    {
      file: "file:///tmp/x/0.ts",
      line: 4,
      column: 22,
      columns: "units",
      length: 1,
      message: "Class 'B' incorrectly implements interface 'A': " +
        "Property 'a' is missing in type 'B' but required in type 'A' (TS2420)",
    },
    {
      file: "file:///tmp/x/1.ts",
      line: 2,
      column: 15,
      columns: "units",
      length: 1,
      message: 'Import "lodash" not a dependency (TS2307)',
    },
  ]);
});

Deno.test("readDiagnostics() reads what the parser says, without the line of source", () => {
  const output = `error: SyntaxError: Expression expected
  |
2 | const a = ;
  |           ~
    at file:///tmp/x/0.ts:2:11

Stack backtrace:
   0: <unknown>
`;
  const [found, ...others] = readDiagnostics(output);
  deepEqual(found, {
    file: "file:///tmp/x/0.ts",
    line: 2,
    column: 11,
    columns: "characters",
    length: 1,
    message: "SyntaxError: Expression expected",
  });
  deepEqual(others, []);
});

Deno.test("readDiagnostics() takes no line of source for an error", () => {
  const output = `TS2304 [ERROR]: Cannot find name 'nope'.
error: nope()
       ~~~~
    at file:///tmp/x/0.ts:1:8
`;
  deepEqual(readDiagnostics(output).map(({ message, column, length }) => [message, column, length]), [
    ["Cannot find name 'nope' (TS2304)", 8, 4],
  ]);
});

Deno.test("firstMessage() finds what has no place, and nothing in what is no error", () => {
  equal(firstMessage("error: No such file\n\nStack backtrace:\n"), "No such file");
  equal(firstMessage(""), undefined);
});
