import { equal } from "node:assert/strict";
import { timeOf } from "./time.ts";

const times: readonly (readonly [time: unknown, is: number | undefined])[] = [
  [new Date(5_000), 5_000],
  [5_000, 5_000],
  [0, 0],
  [-5_000, -5_000],
  [1.5, 2],
  [8.64e15, 8.64e15],
  [-8.64e15, -8.64e15],
  [8.64e15 + 1, undefined],
  [1e300, undefined],
  [Infinity, undefined],
  [-Infinity, undefined],
  [NaN, undefined],
  [new Date(NaN), undefined],
  ["2030-01-01", undefined],
  [null, undefined],
  [undefined, undefined],
  [1n, undefined],
];

for (const [time, is] of times) {
  const name = time instanceof Date ? `the date of ${time.getTime()}` : `${typeof time} ${String(time)}`;
  Deno.test(`timeOf() makes ${is ?? "nothing"} of ${name}`, () => equal(timeOf(time), is));
}
