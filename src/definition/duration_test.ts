import { deepEqual, equal, throws } from "node:assert/strict";
import { formatDuration, parseDuration } from "./duration.ts";
import { InvalidDurationError } from "./errors.ts";

Deno.test("parseDuration() reads numbers with units, alone and together", () => {
  const read = ["50ms", "5s", "1.5s", "30m", "1h30m", "1d12h", "2m500ms", 250].map(parseDuration);
  deepEqual(read, [50, 5_000, 1_500, 1_800_000, 5_400_000, 129_600_000, 120_500, 250]);
});

for (
  const bad of [
    "",
    "0s",
    "-1s",
    "1 fortnight",
    "1e9h",
    "5",
    "s",
    "30m1h",
    "9999d",
    " 5s",
    "5 s",
    0,
    -1,
    NaN,
    Infinity,
  ]
) {
  const shown = typeof bad === "string" ? JSON.stringify(bad) : String(bad);
  Deno.test(`parseDuration() refuses ${shown} and says so`, () => {
    throws(
      () => parseDuration(bad),
      (error: Error) => error instanceof InvalidDurationError && error.message.includes(`received ${shown}`),
    );
  });
}

Deno.test("formatDuration() writes what people read", () => {
  const written = [0, 850, 4_200, 59_949, 59_990, 185_000, 7_800_000].map(formatDuration);
  deepEqual(written, ["0ms", "850ms", "4.2s", "59.9s", "1m 00s", "3m 05s", "2h 10m"]);
  equal(formatDuration(3_599_600), "1h 00m");
});
