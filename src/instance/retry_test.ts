import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { ErrorBehavior, type RetryOptions } from "../definition/error_behavior.ts";
import { retryDelay } from "./retry.ts";

/** The pauses before the first retries. */
function pauses(options: RetryOptions, count: number, random = 0): number[] {
  const policy = ErrorBehavior.retry(options);
  return Array.from({ length: count }, (_, index) => retryDelay(policy, index + 1, random));
}

Deno.test("retryDelay() keeps the pauses equal without a backoff", () => {
  deepEqual(pauses({ interval: "5s" }, 3), [5_000, 5_000, 5_000]);
});

Deno.test("retryDelay() multiplies each pause by the backoff, up to the longest", () => {
  deepEqual(pauses({ interval: "1s", backoff: 3, maxInterval: "20s" }, 5), [
    1_000,
    3_000,
    9_000,
    20_000,
    20_000,
  ]);
});

Deno.test("retryDelay() shortens a pause at random by at most the share of the jitter", () => {
  deepEqual([0, 0.5, 1].map((random) => pauses({ interval: "10s", jitter: 0.4 }, 1, random)[0]), [
    10_000,
    8_000,
    6_000,
  ]);
});

const policies = fc.record({
  interval: fc.integer({ min: 1, max: 3_600_000 }),
  maxInterval: fc.integer({ min: 1, max: 86_400_000 }),
  backoff: fc.double({ min: 1, max: 100, noNaN: true }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});

const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("whatever the policy, a pause is whole milliseconds within its bounds, after a million failures too", () => {
  fc.assert(
    fc.property(policies, fc.integer({ min: 1, max: 1_000_000 }), draw, (options, failures, random) => {
      const delay = retryDelay(ErrorBehavior.retry(options), failures, random);
      ok(Number.isSafeInteger(delay), `${delay}`);
      ok(delay <= options.maxInterval, `${delay} is longer than the longest`);
      const least = Math.min(options.interval, options.maxInterval) * (1 - options.jitter);
      ok(delay >= Math.round(least) - 1, `${delay} is shorter than ${least}`);
    }),
  );
});

Deno.test("without jitter no pause is shorter than the one before, and chance has no say", () => {
  fc.assert(fc.property(policies, fc.integer({ min: 1, max: 200 }), draw, (options, failures, random) => {
    const policy = ErrorBehavior.retry({ ...options, jitter: 0 });
    const delay = retryDelay(policy, failures, random);
    equal(delay, retryDelay(policy, failures, 0));
    ok(delay <= retryDelay(policy, failures + 1, random));
  }));
});
