import { InvalidDurationError } from "./errors.ts";

/**
 * A length of time: milliseconds as a number, or text of numbers with units, largest first:
 * `"50ms"`, `"5s"`, `"30m"`, `"1h30m"`, `"7d"`.
 */
export type Duration = number | string;

const unitMilliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const format =
  /^(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/;

/** Ten years, in milliseconds: what is longer is a mistake in a unit. */
export const longestDuration: number = 3_650 * unitMilliseconds.d!;

/**
 * Turns a duration into whole milliseconds.
 *
 * @throws {InvalidDurationError} when it is no duration, not above zero, or longer than ten years.
 *
 * @example Usage
 * ```ts
 * import { parseDuration } from "@wfe/engine";
 * import { equal } from "node:assert/strict";
 *
 * equal(parseDuration("1h30m"), 5_400_000);
 * ```
 */
export function parseDuration(duration: Duration): number {
  const milliseconds = Math.round(typeof duration === "number" ? duration : readText(duration));
  if (Number.isNaN(milliseconds)) {
    throw new InvalidDurationError(
      duration,
      `write a number and a unit (ms, s, m, h, d), like "30s" or "1h30m"`,
    );
  }
  if (milliseconds <= 0) throw new InvalidDurationError(duration, "it must be longer than zero");
  if (milliseconds > longestDuration) {
    throw new InvalidDurationError(duration, "it must not exceed ten years (3650d)");
  }
  return milliseconds;
}

function readText(text: string): number {
  const parts = format.exec(text);
  if (!parts || text === "") return NaN;
  return ["d", "h", "m", "s", "ms"].reduce(
    (sum, unit, index) => sum + Number(parts[index + 1] ?? 0) * unitMilliseconds[unit]!,
    0,
  );
}

/** Writes milliseconds for people: `850ms`, `4.2s`, `3m 05s`, `2h 10m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)}ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1_000).toFixed(1)}s`;
  const seconds = Math.round(milliseconds / 1_000);
  const pad = (value: number) => String(value).padStart(2, "0");
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  return `${Math.floor(seconds / 3_600)}h ${pad(Math.floor((seconds % 3_600) / 60))}m`;
}
