import { deepEqual, equal, match } from "node:assert/strict";
import { LimitedLog } from "./limited_log.ts";

/** A log of so many bytes, and its lines; no more than `room` are taken, but for the one that matters. */
function logOf(limit: number, room = Infinity): { readonly log: LimitedLog; readonly lines: string[] } {
  const lines: string[] = [];
  const log = new LimitedLog((stream, text, matters) => {
    const isTaken = matters || lines.length < room;
    if (isTaken) lines.push(`${stream} ${text}`);
    return isTaken;
  }, limit);
  return { log, lines };
}

Deno.test("LimitedLog keeps what fits, leaves out the rest and says how much that is", () => {
  const { log, lines } = logOf(100);
  // 3 bytes, the line feed, and 32 for being a line.
  for (const text of ["one", "€", "two", "!", ""]) log.write("stdout", text);
  log.finish();
  log.finish();
  deepEqual(lines.slice(0, 2), ["stdout one", "stdout €"]);
  match(
    lines[2]!,
    /^warn The log of this step is full: 7 more bytes were printed .* keeps 100 bytes .* payloadLimits/,
  );
  equal(lines.length, 3);
});

Deno.test("LimitedLog has no holes: behind what did not fit it keeps nothing, however short", () => {
  const { log, lines } = logOf(1_000);
  for (const text of ["one", "x".repeat(2_000), "two"]) log.write("stdout", text);
  deepEqual(lines, ["stdout one"]);
});

Deno.test("LimitedLog says nothing of a log that has all", () => {
  const { log, lines } = logOf(36);
  log.write("info", "one");
  log.finish();
  deepEqual(lines, ["info one"]);
});

Deno.test("LimitedLog bounds a flood of empty lines", () => {
  const { log, lines } = logOf(33_000);
  for (let n = 0; n < 100_000; n++) log.write("stdout", "");
  equal(lines.length, 1_000);
});

Deno.test("LimitedLog ends where a line is not taken, and says how much is missing, and why", () => {
  const { log, lines } = logOf(1_000, 1);
  for (const text of ["one", "two", "three"]) log.write("stdout", text);
  log.finish();
  equal(lines[0], "stdout one");
  match(
    lines[1]!,
    /^warn The log of this step ends early: 10 more bytes .* faster than the store took them$/,
  );
  equal(lines.length, 2);
});

Deno.test("LimitedLog has room for warnings and errors when it is full, and not for ever", () => {
  const { log, lines } = logOf(10);
  log.write("stdout", "flood");
  log.write("warn", "a flood");
  log.write("error", "too much");
  log.write("error", "x".repeat(100_000));
  log.write("info", "what now");
  log.finish();
  deepEqual(lines.slice(0, 2), ["warn a flood", "error too much"]);
  match(lines[2]!, /: 100016 more bytes/);
  equal(lines.length, 3);
});

Deno.test("LimitedLog makes text of what is none", () => {
  const { log, lines } = logOf(1_000);
  for (const line of [7, null, undefined, Symbol("s")]) log.write("info", line);
  deepEqual(lines, ["info 7", "info null", "info undefined", "info Symbol(s)"]);
});
