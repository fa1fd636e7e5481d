import { type Lock, lockTtl, usualTtl } from "../definition/lock.ts";
import type { StepContext } from "../definition/step_context.ts";
import type { Clock } from "./clock.ts";
import { LockTimeoutError } from "./errors.ts";

/** Milliseconds of waiting after which people are told of it. */
const silence = 1_000;

/**
 * Takes the lock of a step, as its body could by `ctx.lock`, within the time that it may wait. An attempt of before that
 * died with its host may have it for its ttl: a crash is not to fail the step.
 */
export async function takeStepLock(
  ctx: StepContext,
  name: string,
  { clock, mayBeLeft }: { readonly clock: Clock; readonly mayBeLeft: boolean },
): Promise<Lock> {
  const { ttl = usualTtl, wait } = ctx.step.lock!;
  const limit = wait === undefined ? null : wait + (mayBeLeft ? lockTtl(ttl) : 0);
  const ended = new AbortController();
  using _end = limit === null
    ? null
    : clock.schedule(limit, () => ended.abort(new LockTimeoutError(name, limit)));
  let isTold = false;
  using _tell = clock.schedule(silence, () => {
    isTold = true;
    ctx.setStatus(`waits for lock ${JSON.stringify(name)}`);
  });
  const lock = await ctx.lock(name, { ttl, signal: ended.signal });
  if (isTold) ctx.setStatus(`has lock ${JSON.stringify(name)}`);
  return lock;
}
