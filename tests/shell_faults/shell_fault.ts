import assert from "node:assert/strict";
import { ShellExecutor } from "../../executors/shell.ts";
import type { JsonObject } from "../../src/definition/json.ts";
import { compileShellText } from "../../src/yaml/expression/mod.ts";
import { type FakeStepContext, fakeStepContext } from "../fake_step_context.ts";
import { processesWith } from "../processes.ts";

/** How a step with a fault is run. */
export interface FaultRun {
  /** Milliseconds between TERM and KILL. */
  readonly grace?: number;
  /** Its attempt is aborted once it has printed this line. */
  readonly abortOn?: string;
  /** Hears of each line, in place of the context. */
  readonly onLine?: (stream: string, line: string) => void;
  /** What it has beside its commands. */
  readonly config?: JsonObject;
}

/** How it ended. */
export interface FaultEnd {
  /** What the executor threw. */
  readonly error: unknown;
  /** What it printed. */
  readonly lines: FakeStepContext["lines"];
  /** Milliseconds from the abort to the end. */
  readonly took: number;
}

/** Why attempts are aborted. */
export const timedOut = new DOMException("the step's time is up", "TimeoutError");

/** Runs commands as a shell step; no process and no file may be left of it. */
export async function runFault(script: string, run: FaultRun = {}): Promise<FaultEnd> {
  const { grace = 300, abortOn, onLine, config } = run;
  const directory = await Deno.makeTempDir();
  const abort = new AbortController();
  const mark = crypto.randomUUID();
  let aborted = NaN;
  const lines: FaultEnd["lines"] = [];
  const { ctx } = fakeStepContext("shell", {
    run: { ...compileShellText(script, "bash") },
    ...config,
    env: { MARK: mark },
  }, {
    signal: abort.signal,
    onLine: (stream, line) => {
      if (onLine) onLine(stream, line);
      else lines.push([stream, line]);
      if (line !== abortOn) return;
      aborted = performance.now();
      abort.abort(timedOut);
    },
  });
  try {
    const error = await new ShellExecutor({ directory, grace }).run(ctx).then(
      () => undefined,
      (thrown) => thrown,
    );
    const took = performance.now() - aborted;
    assert.deepEqual(await processesWith(mark), [], "processes are left");
    assert.deepEqual(Array.from(Deno.readDirSync(directory)), [], "files are left");
    return { error, lines, took };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
