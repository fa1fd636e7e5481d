import type { Lock } from "../definition/lock.ts";
import type { StepContext } from "../definition/step_context.ts";
import type { Clock } from "./clock.ts";
import { LockTimeoutError } from "./errors.ts";

/** Milliseconds of waiting after which people are told of it. */
const silence = 1_000;

/** Takes the lock of a step, as its body could by `ctx.lock`, within the time that it may wait. */
export async function takeStepLock(ctx: StepContext, name: string, clock: Clock): Promise<Lock> {
  const { ttl, wait } = ctx.step.lock!;
  const ended = new AbortController();
  using _end = wait === undefined
    ? null
    : clock.schedule(wait, () => ended.abort(new LockTimeoutError(name, wait)));
  let isTold = false;
  using _tell = clock.schedule(silence, () => {
    isTold = true;
    ctx.setStatus(`waits for lock ${JSON.stringify(name)}`);
  });
  const lock = await ctx.lock(name, { ...ttl !== undefined && { ttl }, signal: ended.signal });
  if (isTold) ctx.setStatus(`has lock ${JSON.stringify(name)}`);
  return lock;
}
