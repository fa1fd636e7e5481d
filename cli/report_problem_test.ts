import { deepEqual, equal } from "node:assert/strict";
import { StoreError } from "../src/provider/errors.ts";
import { reportProblem } from "./report_problem.ts";
import { recordingIo } from "./testing_io.ts";

function report(error: unknown): [code: number, text: string] {
  const io = recordingIo();
  const code = reportProblem(error, io);
  equal(io.stdout.text, "");
  return [code, io.stderr.text];
}

Deno.test("reportProblem() names the flag of a missing permission", () => {
  const denied = `Requires write access to "/data", run again with the --allow-write flag`;
  deepEqual(report(new Deno.errors.NotCapable(denied)), [
    2,
    `error: A permission is missing: requires write access to "/data". ` +
    "Add --allow-write to the command line of deno; docs/permissions.md lists what each feature needs.\n",
  ]);
});

Deno.test("reportProblem() says that nothing is lost when the store fails for a time", () => {
  deepEqual(report(new StoreError("full", "Cannot commit: the disk is full")), [
    1,
    "error: Cannot commit: the disk is full\n" +
    "What was recorded is kept: `wfe runs` lists the runs, `wfe resume` continues one.\n",
  ]);
});

Deno.test("reportProblem() lets nothing that a terminal obeys through", () => {
  deepEqual(report(new StoreError("newer", "a\x1b[2Jb\u202e")), [1, "error: ab\ufffd\n"]);
});

Deno.test("reportProblem() tells what went wrong first, not what closing up met after it", () => {
  const first = new StoreError("full", "Cannot commit: the disk is full");
  const [code, text] = report(new SuppressedError(new Error("cannot close"), first));
  deepEqual([code, text.startsWith("error: Cannot commit: the disk is full")], [1, true]);
});
