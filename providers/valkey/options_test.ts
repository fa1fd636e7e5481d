import assert from "node:assert/strict";
import { completeOptions, readUrl } from "./options.ts";
import { ValkeyProvider } from "./provider.ts";

Deno.test("a URL names server, database and prefix; what people read has no password", () => {
  assert.deepEqual(readUrl("redis://app:p%40ss@db.example.com:7000/3?prefix=ours"), {
    url: "redis://app:p%40ss@db.example.com:7000/3",
    host: "db.example.com:7000",
    name: "db.example.com:7000/3",
    prefix: "ours",
    isEncrypted: false,
    files: {},
  });
  assert.equal(readUrl("valkeys://db.example.com").url, "rediss://db.example.com:6379");
});

Deno.test("what is no URL of a server, or no prefix, is refused with the remedy", async () => {
  const urls = ["", "redis", "redis://", "http://127.0.0.1", "redis://127.0.0.1/db", "redis://:p@ss:w/%@h:x"];
  for (const url of urls) {
    await assert.rejects(ValkeyProvider.open(url), {
      code: "STORE",
      problem: "unsupported",
      message: /redis:\/\/user:password@host:6379\/0/,
    }, url);
  }
  for (const prefix of ["", "{a}", "a\n", "x".repeat(101)]) {
    assert.throws(() => completeOptions({ prefix }), { code: "STORE", message: /1 to 100 characters/ });
  }
});

Deno.test({
  name: "without the permission to reach the server, the error names the flag",
  permissions: { net: false },
  fn: async () => {
    await assert.rejects(ValkeyProvider.open("redis://127.0.0.1"), {
      problem: "denied",
      message: /--allow-net=127\.0\.0\.1:6379/,
    });
  },
});
