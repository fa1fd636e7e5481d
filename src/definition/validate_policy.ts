import { ErrorBehavior, type RetryOptions } from "./error_behavior.ts";
import { type Check, isMilliseconds, isNumber, isOneOf, isRecord, memberProblems } from "./validate_value.ts";

const consequences = ["fail", "suspend", "terminate", "compensate"] as const;

const members = { kind: isOneOf(...consequences, "retry") };

const isNameList: Check = (value) =>
  Array.isArray(value) && value.every((name) => typeof name === "string") ? null : "must be a list of names";

const retryMembers = {
  ...members,
  interval: isMilliseconds,
  maxRetries: isNumber,
  backoff: isNumber,
  maxInterval: isMilliseconds,
  jitter: isNumber,
  on: isNameList,
  then: isOneOf(...consequences),
};

const needed = ["kind", "interval", "maxRetries", "backoff", "maxInterval", "jitter"];

/** What is wrong with an error policy, a sentence each. */
export function* policyProblems(policy: unknown, what: string): Iterable<string> {
  if (!isRecord(policy) || policy.kind !== "retry") {
    return yield* memberProblems(policy, what, members, ["kind"]);
  }
  const problems = [...memberProblems(policy, what, retryMembers, needed)];
  yield* problems;
  if (problems.length > 0) return;
  try {
    ErrorBehavior.retry(policy as RetryOptions);
  } catch (error) {
    yield `${what}: ${(error as Error).message}`;
  }
}
