import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { ErrorBehavior, type RetryOptions } from "./error_behavior.ts";
import { policyProblems } from "./validate_policy.ts";

Deno.test("the policies without options say what follows a failure, and are frozen", () => {
  const { fail, suspend, terminate, compensate } = ErrorBehavior;
  const policies = [fail(), suspend(), terminate(), compensate()];
  deepEqual(policies.map(({ kind }) => kind), ["fail", "suspend", "terminate", "compensate"]);
  ok(policies.every(Object.isFrozen));
});

Deno.test("retry() tries again three times, a second apart, unless told otherwise", () => {
  deepEqual(ErrorBehavior.retry(), {
    kind: "retry",
    interval: 1_000,
    maxRetries: 3,
    backoff: 1,
    maxInterval: 3_600_000,
    jitter: 0,
  });
});

Deno.test("retry() keeps which errors are tried again and what follows, and nothing of the caller's", () => {
  const on = ["TypeError", "E_BUSY"];
  const policy = ErrorBehavior.retry({ on, then: "suspend", maxRetries: 0 });
  on.push("RangeError");
  deepEqual([policy.on, policy.then, policy.maxRetries], [["TypeError", "E_BUSY"], "suspend", 0]);
  ok(Object.isFrozen(policy) && Object.isFrozen(policy.on));
});

const refused: readonly (readonly [options: unknown, says: RegExp])[] = [
  [{ maxRetries: -1 }, /maxRetries must be a whole number from 0, received -1$/],
  [{ maxRetries: "3" }, /maxRetries must be a whole number from 0, received 3$/],
  [{ backoff: 0.9 }, /backoff must be a number from 1, received 0.9$/],
  [{ backoff: Infinity }, /backoff must be a number from 1, received Infinity$/],
  [{ backoff: NaN }, /backoff must be a number from 1, received NaN$/],
  [{ jitter: -0.1 }, /jitter must be between 0 and 1, received -0.1$/],
  [{ jitter: 1.1 }, /jitter must be between 0 and 1, received 1.1$/],
  [{ then: "retry" }, /then must be "fail", "suspend", "terminate" or "compensate", received retry$/],
  [{ then: "toString" }, /then must be "fail".* received toString$/],
  [{ on: "TypeError" }, /on must be a list of error codes or class names, received TypeError$/],
  [{ on: [503] }, /on must be a list of error codes or class names, received 503$/],
  [{ interval: "0s" }, /^Cannot use a duration: it must be longer than zero, received "0s"$/],
  [{ interval: "soon" }, /^Cannot use a duration: .*received "soon"$/],
  [{ maxInterval: 0 }, /^Cannot use a duration: it must be longer than zero, received 0$/],
];

for (const [options, says] of refused) {
  Deno.test(`ErrorBehavior.retry() refuses ${JSON.stringify(options)} in words that name it`, () => {
    throws(() => ErrorBehavior.retry(options as RetryOptions), (error) => {
      return error instanceof RangeError && says.test(error.message);
    });
  });
}

Deno.test("what retry() makes is a policy that a definition may hold, and makes itself again", () => {
  const options = fc.record({
    interval: fc.integer({ min: 1, max: 100_000 }),
    maxRetries: fc.nat(1_000),
    backoff: fc.double({ min: 1, max: 10, noNaN: true }),
    maxInterval: fc.integer({ min: 1, max: 100_000 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    on: fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
    then: fc.constantFrom("fail" as const, "suspend" as const, "terminate" as const, "compensate" as const),
  }, { requiredKeys: [] });
  fc.assert(fc.property(options, (given) => {
    const policy = ErrorBehavior.retry(given);
    deepEqual([...policyProblems(policy, "the policy")], []);
    deepEqual(ErrorBehavior.retry(policy), policy);
    equal(JSON.stringify(ErrorBehavior.retry(JSON.parse(JSON.stringify(policy)))), JSON.stringify(policy));
  }));
});
