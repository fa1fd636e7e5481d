import type { RetryPolicy } from "../definition/error_behavior.ts";

/**
 * Milliseconds before the next attempt: `interval · backoff^(failures − 1)`, at most `maxInterval`, of which the
 * share `jitter` is drawn at random.
 *
 * @param failures attempts that have failed, from 1
 * @param random a number from 0 up to 1
 */
export function retryDelay(policy: RetryPolicy, failures: number, random: number): number {
  const full = Math.min(policy.interval * policy.backoff ** (failures - 1), policy.maxInterval);
  return Math.round(full * (1 - policy.jitter * random));
}
