import type { Secrets } from "../definition/secrets.ts";
import { describeThrown } from "../instance/failure.ts";

const texts = ["name", "message", "code", "stack"];
const decisions = ["retryable", "delay"];

/**
 * What stands for something thrown where the secrets of a run are known: of the same class, with its texts masked, and
 * nothing else than what the engine reads. Never throws itself, whatever `thrown` is.
 */
export function maskThrown(thrown: unknown, secrets: Secrets): unknown {
  if (!attempt(() => thrown instanceof Error)) return secrets.mask(describeThrown(thrown));
  const error = thrown as Error & Record<string, unknown>;
  const masked: object = Object.create(attempt(() => Object.getPrototypeOf(error)) ?? Error.prototype);
  for (const key of texts) {
    const text = attempt(() => error[key]);
    define(masked, key, typeof text === "string" ? secrets.mask(text) : undefined);
  }
  for (const key of decisions) {
    const value = attempt(() => error[key]);
    if (typeof value === "boolean" || typeof value === "number") define(masked, key, value);
  }
  return masked;
}

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}

/** Looking at what a body threw may run its code, by a getter or a proxy. */
function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
