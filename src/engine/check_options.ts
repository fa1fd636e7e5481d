import { timeOf } from "../definition/time.ts";
import type { RunFilter } from "../provider/persistence.ts";

/** Most runs on a page. */
const longestPage = 1_000;

/**
 * Checks what is asked of a list, so that every store is asked for the same.
 *
 * @throws {RangeError} when the length of the page or a time is none
 */
export function checkRunFilter({ limit, createdFrom, createdBefore, after }: RunFilter): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > longestPage) {
    throw new RangeError(
      `Cannot list runs: \`limit\` must be a whole number from 1 to ${longestPage}, received ${
        String(limit)
      }; read on with \`after\``,
    );
  }
  checkTime("list runs", "createdFrom", createdFrom);
  checkTime("list runs", "createdBefore", createdBefore);
  if (after) checkTime("list runs", "after.createdAt", after.createdAt);
}

/**
 * Checks a time that may be left out.
 *
 * @throws {RangeError} when it is no time
 */
export function checkTime(verb: string, name: string, time: number | undefined): void {
  if (time === undefined || typeof time === "number" && timeOf(time) !== undefined) return;
  throw new RangeError(
    `Cannot ${verb}: \`${name}\` must be milliseconds since 1970, received ${String(time)}`,
  );
}
