import assert from "node:assert/strict";
import type { StepFailure } from "./instance.ts";
import { searchDocument, searchMapping } from "./search_document.ts";
import { makeInstance, makePointer } from "./testing_state.ts";

Deno.test("a search document tells what a run is, which steps have begun and what went wrong, each once", () => {
  const refused = failure({ type: "PaymentError", code: "DECLINED", message: "refused" });
  const instance = makeInstance({
    version: 2,
    sequence: 4,
    createdAt: 1,
    status: "Failed",
    reason: "stopped by hand",
    error: refused,
    attributes: { customer: "ACME" },
    endedAt: 5,
  });
  const pointers = [
    makePointer({ stepKey: "b", error: refused }),
    makePointer({ stepKey: "a" }),
    makePointer({ stepKey: "b", error: failure({ message: "lost" }) }),
  ];
  assert.deepEqual(searchDocument(instance, pointers), {
    id: "run",
    createdAt: 1,
    sequence: 4,
    mapping: searchMapping,
    definitionId: "test",
    version: 2,
    status: "Failed",
    reference: null,
    steps: ["a", "b"],
    errors: ["stopped by hand", "PaymentError [DECLINED]: refused", "Error: lost"],
    attributes: { customer: "ACME" },
    endedAt: 5,
  });
});

Deno.test("a search document stays small, however many and long the errors of a run are", () => {
  const pointers = Array.from(
    { length: 500 },
    (_, n) => makePointer({ error: failure({ message: `${n}${"👍".repeat(5_000)}` }) }),
  );
  const { errors } = searchDocument(makeInstance(), pointers);
  assert.equal(errors.length, 100);
  for (const error of errors) assert.ok(error.length < 2_100 && error.isWellFormed());
});

function failure(properties: Partial<StepFailure>): StepFailure {
  return { type: "Error", message: "", code: null, stack: null, step: "a", attempt: 1, ...properties };
}
