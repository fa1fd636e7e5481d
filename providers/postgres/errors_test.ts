import assert from "node:assert/strict";
import { StoreError, type StoreProblem } from "../../src/provider/errors.ts";
import { endsConnection, isStatementError, toStoreError, troubleOf } from "./errors.ts";

function driverError(code: string, more: object = {}): Error {
  const error = Object.assign(new Error(`the message of ${code}`), { code, ...more });
  if (code.length === 5) error.name = "PostgresError";
  return error;
}

/** What each becomes, whether it is tried again, and whether it is sure that nothing was done. */
const known: readonly (readonly [code: string, problem: StoreProblem, again: boolean, undone: boolean])[] = [
  ["40001", "busy", true, true],
  ["40P01", "busy", true, true],
  ["40003", "io", true, false],
  ["55P03", "busy", true, true],
  ["57014", "busy", true, true],
  ["25006", "io", true, true],
  ["57P01", "io", true, false],
  ["57P02", "io", true, false],
  ["57P03", "io", true, true],
  ["08006", "io", true, false],
  ["53300", "busy", true, true],
  ["53200", "busy", true, true],
  ["53100", "full", false, true],
  ["58030", "io", false, true],
  ["XX001", "corrupt", false, true],
  ["28P01", "denied", false, true],
  ["42501", "denied", false, true],
  ["3D000", "missing", false, true],
  ["42P01", "missing", false, true],
  ["26000", "unsupported", false, true],
  ["CONNECTION_CLOSED", "io", true, false],
  ["CONNECTION_ENDED", "closed", false, true],
  ["CONNECT_TIMEOUT", "io", true, true],
  ["ECONNREFUSED", "io", true, true],
  ["ECONNRESET", "io", true, false],
  ["UNANSWERED", "io", true, false],
  ["UNFLUSHED", "io", true, false],
];

for (const [code, problem, again, undone] of known) {
  Deno.test(`${code} is "${problem}"${again ? ", tried again" : ""}${undone ? "" : ", perhaps done"}`, () => {
    const error = driverError(code);
    const trouble = troubleOf(error);
    assert.deepEqual([trouble?.problem, trouble?.passes, trouble?.undone], [problem, again, undone]);
    const told = toStoreError(error, "do it", "test") as StoreError;
    assert.ok(told instanceof StoreError);
    assert.match(told.message, /^Cannot do it \(database test\): .+ \(the message of .+\); .+/);
    assert.equal(told.cause, error);
  });
}

Deno.test("what breaks a rule of the schema is at fault by itself, and no trouble of the store", () => {
  for (const code of ["23505", "23514", "22P02", "54000", "P0001"]) {
    assert.equal(isStatementError(driverError(code)), true, code);
    assert.equal((toStoreError(driverError(code), "do it", "test") as StoreError).problem, "unsupported");
  }
  for (const code of ["40P01", "57P01", "CONNECTION_CLOSED"]) {
    assert.equal(isStatementError(driverError(code)), false, code);
  }
});

Deno.test("errors of other origin are passed on as they are", () => {
  for (const error of [new RangeError("mine"), driverError("RUN_NOT_FOUND"), driverError("ENOENT"), "text"]) {
    assert.equal(toStoreError(error, "do it", "test"), error);
  }
});

Deno.test("a connection is over where the driver or the server says so, and not by an error of a statement", () => {
  assert.equal(endsConnection(driverError("CONNECTION_CLOSED")), true);
  assert.equal(endsConnection(driverError("57P01", { severity: "FATAL" })), true);
  assert.equal(endsConnection(driverError("40P01", { severity: "ERROR" })), false);
  assert.equal(endsConnection(driverError("23505", { severity: "ERROR" })), false);
  assert.equal(endsConnection(new RangeError("mine")), false);
});
