import assert from "node:assert/strict";
import type { StepFailure } from "./instance.ts";
import { summarize } from "./run_summary.ts";
import { makeInstance, makePointer } from "./testing_state.ts";

Deno.test("a summary tells where a run stands, which steps have begun and what went wrong, each once", () => {
  const refused = failure({ type: "PaymentError", code: "DECLINED", message: "refused" });
  const instance = makeInstance({ sequence: 4, error: refused, attributes: { customer: "ACME" } });
  const pointers = [
    makePointer({ stepKey: "b", error: { ...refused, step: "b" } }),
    makePointer({ stepKey: "a" }),
    makePointer({ stepKey: "b", error: failure({ message: "lost" }) }),
  ];
  assert.deepEqual(summarize(instance, pointers), {
    id: "run",
    createdAt: 0,
    sequence: 4,
    definitionId: "test",
    version: 1,
    status: "Runnable",
    reference: null,
    attributes: { customer: "ACME" },
    reason: null,
    endedAt: null,
    steps: ["a", "b"],
    errors: [
      { type: "PaymentError", code: "DECLINED", message: "refused" },
      { type: "Error", code: null, message: "lost" },
    ],
  });
});

Deno.test("a summary stays short, however many and long the errors of a run are", () => {
  const pointers = Array.from(
    { length: 500 },
    (_, n) => makePointer({ error: failure({ message: `${n}${"👍".repeat(5_000)}` }) }),
  );
  const { errors } = summarize(makeInstance(), pointers);
  assert.equal(errors.length, 100);
  for (const { message } of errors) assert.ok(message.length === 2_000 && message.isWellFormed());
});

function failure(properties: Partial<StepFailure>): StepFailure {
  return { type: "Error", message: "", code: null, stack: null, step: "a", attempt: 1, ...properties };
}
