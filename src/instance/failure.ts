import { longestDuration } from "../definition/duration.ts";
import { RetryAfterError } from "../definition/errors.ts";
import { storableText } from "../definition/storable_text.ts";
import type { StepFailure } from "./instance.ts";

const longestText = 64 * 1024;

/** How V8 says that something is frozen. */
const frozen =
  /^Cannot (assign to read only property|delete property|redefine property:) |^Cannot (add|define) property .*object is not extensible$/;
const remedy =
  "what a step is given is frozen: ctx.set({ key: value }) and ctx.update(key, reduce) change the data";

/** Turns whatever a body threw into what is recorded. Never throws itself, whatever `thrown` is. */
export function toFailure(thrown: unknown, step: string, attempt: number): StepFailure {
  const read = (key: string): unknown => {
    try {
      return (thrown as Record<string, unknown> | null | undefined)?.[key];
    } catch {
      return undefined;
    }
  };
  const text = (value: unknown): string | null => typeof value === "string" ? storable(value) : null;
  const isError = isErrorObject(thrown);
  const type = isError ? text(read("name")) ?? "Error" : "Error";
  const message = (isError ? text(read("message")) : null) ?? storable(describeThrown(thrown));
  return {
    type,
    message: type === "TypeError" && frozen.test(message) ? `${message} (${remedy})` : message,
    code: text(read("code")),
    stack: isError ? text(read("stack")) : null,
    step,
    attempt,
  };
}

/** Whether a thrown value says that another attempt cannot help. */
export function isRetryable(thrown: unknown): boolean {
  try {
    return !(thrown instanceof Error && "retryable" in thrown && thrown.retryable === false);
  } catch {
    return true;
  }
}

/** Whole milliseconds, at most ten years, that a thrown value asks to wait before the next attempt, if it does. */
export function askedDelay(thrown: unknown): number | undefined {
  try {
    const delay: unknown = thrown instanceof RetryAfterError ? thrown.delay : undefined;
    return typeof delay === "number" && delay >= 0 ? Math.min(Math.ceil(delay), longestDuration) : undefined;
  } catch {
    return undefined;
  }
}

/** Looking at what a body threw may run its code, by a getter or a proxy. */
function isErrorObject(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

/** What was thrown, where it is no error, in words. */
export function describeThrown(thrown: unknown): string {
  try {
    return typeof thrown === "string" ? thrown : JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return `a value of type ${typeof thrown} was thrown`;
  }
}

/** What every store can keep, of bounded length. */
function storable(text: string): string {
  const short = text.length > longestText
    ? `${text.slice(0, longestText)} … (${text.length} characters)`
    : text;
  return storableText(short);
}
