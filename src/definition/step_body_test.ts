import { deepEqual, equal } from "node:assert/strict";
import { ExecutionResult } from "./execution_result.ts";
import { toExecutionResult } from "./step_body.ts";

Deno.test("what a body returns is a result: as it is, or as the output of the next", () => {
  const result = ExecutionResult.outcome("done");
  equal(toExecutionResult(result), result);
  deepEqual(toExecutionResult({ n: 1 }), ExecutionResult.next({ n: 1 }));
  deepEqual(toExecutionResult(undefined), ExecutionResult.next());
});
