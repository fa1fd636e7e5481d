import assert from "node:assert/strict";
import { completeOptions, takeParameters } from "./options.ts";

Deno.test("a URL may name the schema, wherever its other parameters stand", () => {
  const server = "postgres://host/app";
  const urls = [
    ["?schema=a", "", "a"],
    ["?schema=%C3%A4%20b&x=1", "?x=1", "ä b"],
    ["?x=1&schema=a", "?x=1", "a"],
    ["?x=1&schema=a&y=2", "?x=1&y=2", "a"],
  ] as const;
  for (const [query, rest, schema] of urls) {
    assert.deepEqual(
      takeParameters(server + query, ["schema"]),
      { url: server + rest, taken: { schema } },
      query,
    );
  }
  const other = `${server}?search_schema=a`;
  assert.deepEqual(takeParameters(other, ["schema"]), { url: other, taken: {} });
  assert.throws(() => takeParameters(`${server}?schema=%`, ["schema"]), {
    code: "STORE",
    message: /% as %25/,
  });
});

Deno.test("numbers that the server would not take are refused, with what was received", () => {
  for (
    const options of [{ maxConnections: 0 }, { statementTimeout: 1.5 }, { lockTimeout: 0 }, {
      idleTimeout: 2 ** 31,
    }]
  ) {
    assert.throws(
      () => completeOptions(options),
      { code: "STORE", problem: "unsupported" },
      JSON.stringify(options),
    );
  }
  assert.equal(completeOptions({ busyTimeout: 0 }).busyTimeout, 0);
});
