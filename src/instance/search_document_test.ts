import assert from "node:assert/strict";
import { runSummary } from "./run_summary.ts";
import { searchDocument, searchMapping } from "./search_document.ts";
import { makeInstance } from "./testing_state.ts";

Deno.test("a search document is what a summary tells, its errors as texts with why the run was stopped", () => {
  const header = makeInstance({
    version: 2,
    sequence: 4,
    createdAt: 1,
    status: "Failed",
    reason: "stopped by hand",
    attributes: { customer: "ACME" },
    endedAt: 5,
  });
  const failures = [
    { type: "PaymentError", code: "DECLINED", message: "refused" },
    { type: "Error", code: null, message: "lost" },
  ];
  assert.deepEqual(searchDocument(runSummary(header, ["b", "a"], failures)), {
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

Deno.test("a search document stays small, however long the reason is that a run was stopped for", () => {
  const failures = Array.from({ length: 100 }, (_, n) => ({ type: "Error", code: null, message: `${n}` }));
  const { errors } = searchDocument(runSummary(makeInstance({ reason: "👍".repeat(5_000) }), [], failures));
  assert.equal(errors.length, 100);
  assert.ok(errors[0]!.length === 2_000 && errors[0]!.isWellFormed());
});

Deno.test("of a run that goes well no error can be found", () => {
  assert.deepEqual(searchDocument(runSummary(makeInstance(), [], [])).errors, []);
});
