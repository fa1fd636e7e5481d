import { equal } from "node:assert/strict";
import { retryAfter } from "./retry_after.ts";

const now = Date.UTC(2030, 0, 1);

const read = (value: string, date?: string) =>
  retryAfter(new Headers({ "retry-after": value, ...date !== undefined && { date } }), now);

Deno.test("retryAfter() reads seconds", () => {
  equal(read("0"), 0);
  equal(read(" 120 "), 120_000);
});

Deno.test("retryAfter() reads a date, by the server's clock where it tells it", () => {
  equal(read("Tue, 01 Jan 2030 00:00:30 GMT"), 30_000);
  equal(read("Tue, 01 Jan 2030 00:00:30 GMT", "Tue, 01 Jan 2030 00:00:20 GMT"), 10_000);
  equal(read("Tue, 01 Jan 2030 00:00:30 GMT", "never"), 30_000);
  equal(read("Mon, 31 Dec 2029 00:00:00 GMT"), 0, "the past");
});

Deno.test("retryAfter() grants one hour at most", () => {
  equal(read("3601"), 3_600_000);
  equal(read("Wed, 01 Jan 2031 00:00:00 GMT"), 3_600_000);
});

Deno.test("retryAfter() leaves what it cannot read to the step's policy", () => {
  for (const value of ["", "soon", "-1", "1.5", "1e9", "99999999999", "0x10"]) {
    equal(read(value), undefined, value);
  }
  equal(retryAfter(new Headers(), now), undefined);
});
