import { deepEqual, throws } from "node:assert/strict";
import { InvalidDurationError } from "./errors.ts";
import { ExecutionResult } from "./execution_result.ts";

Deno.test("next() has an output only where one is given; null is one", () => {
  deepEqual(ExecutionResult.next().request, { kind: "next" });
  deepEqual(ExecutionResult.next(undefined).request, { kind: "next" });
  deepEqual(ExecutionResult.next(null).request, { kind: "next", output: null });
  deepEqual(ExecutionResult.next({ total: 42 }).request, { kind: "next", output: { total: 42 } });
});

Deno.test("outcome() and persist() keep what they are given", () => {
  deepEqual(ExecutionResult.outcome(false).request, { kind: "outcome", value: false });
  deepEqual(ExecutionResult.persist({ page: 3 }).request, { kind: "persist", state: { page: 3 } });
});

Deno.test("branch() asks for a branch for each value, with or without a state to come back to", () => {
  deepEqual(ExecutionResult.branch([1, null]).request, { kind: "branch", values: [1, null] });
  deepEqual(ExecutionResult.branch([], "second").request, { kind: "branch", values: [], state: "second" });
});

Deno.test("sleep() counts in milliseconds, with or without a state to come back to", () => {
  deepEqual(ExecutionResult.sleep("1m30s").request, { kind: "sleep", duration: 90_000 });
  deepEqual(ExecutionResult.sleep(50, null).request, { kind: "sleep", duration: 50, state: null });
  for (const never of ["0s", -1, "soon", NaN]) {
    throws(() => ExecutionResult.sleep(never), InvalidDurationError);
  }
});

Deno.test("waitForEvent() asks for an event, from a date or a time on, for some time or for ever", () => {
  const event = { kind: "event", name: "paid", key: "7" };
  deepEqual(ExecutionResult.waitForEvent("paid", "7").request, event);
  const options = { timeout: "2h", since: new Date(5_000), state: { asked: true } };
  const full = { ...event, timeout: 7_200_000, since: 5_000, state: { asked: true } };
  deepEqual(ExecutionResult.waitForEvent("paid", "7", options).request, full);
  deepEqual(ExecutionResult.waitForEvent("paid", "7", { ...options, since: 5_000 }).request, full);
  deepEqual(ExecutionResult.waitForEvent("paid", "7", { since: 0, state: null }).request, {
    ...event,
    since: 0,
    state: null,
  });
  throws(() => ExecutionResult.waitForEvent("paid", "7", { timeout: "later" }), InvalidDurationError);
  for (const since of [NaN, 1e300, new Date(NaN), "today" as unknown as number]) {
    throws(() => ExecutionResult.waitForEvent("paid", "7", { since }), {
      name: "RangeError",
      message: `Cannot wait for event "paid": \`since\` must be a date or milliseconds since 1970, received ${
        String(since)
      }`,
    });
  }
});
