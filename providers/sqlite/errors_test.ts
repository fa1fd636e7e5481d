import assert from "node:assert/strict";
import { StoreError } from "../../src/provider/errors.ts";
import { toStoreError } from "./errors.ts";

/** An error as `node:sqlite` throws it. */
function driverError(message: string, errcode?: number): Error {
  return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", ...(errcode && { errcode }) });
}

Deno.test("an extended result code means what its primary code means", () => {
  const error = toStoreError(driverError("disk I/O error", 10 | 3 << 8), "commit", "a.db") as StoreError;
  assert.deepEqual([error.problem, error.retryable], ["io", true]);
});

Deno.test("an error of exec(), which has no code, is known by its text", () => {
  const cause = driverError("database or disk is full");
  const error = toStoreError(cause, "migrate", "a.db") as StoreError;
  assert.deepEqual([error.problem, error.cause], ["full", cause]);
  assert.match(
    error.message,
    /^Cannot migrate \(database a\.db\): there is no room left .*; free disk space/,
  );
});

Deno.test("an unknown error of SQLite is passed on in its words", () => {
  const error = toStoreError(driverError("no such table: x", 1), "commit", "a.db") as StoreError;
  assert.deepEqual([error.problem, error.retryable], ["unsupported", false]);
  assert.match(error.message, /no such table: x/);
});

Deno.test("errors of other drivers are known by the number or the name", () => {
  class SqliteError extends Error {
    override readonly name = "SqliteError";
  }
  const numbered = Object.assign(new SqliteError("busy"), { code: 517 });
  assert.equal((toStoreError(numbered, "commit", "a.db") as StoreError).problem, "busy");
  const named = new SqliteError("database is locked");
  assert.equal((toStoreError(named, "commit", "a.db") as StoreError).problem, "busy");
});

Deno.test("an error of another origin stays as it is", () => {
  for (const error of [new RangeError("mine"), new StoreError("busy", "known"), "text"]) {
    assert.equal(toStoreError(error, "commit", "a.db"), error);
  }
});
