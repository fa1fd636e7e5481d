import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import { scriptAddress } from "./boot.ts";
import { explainDenial } from "./denial.ts";
import { ScriptError, type ScriptFailure } from "./errors.ts";
import { explainImport } from "./explain_import.ts";
import type { ThrownByScript } from "./result.ts";
import type { SandboxEnd } from "./sandbox.ts";

const longestText = 16 * 1024;

/** What V8, Deno and SQLite throw where memory cannot be had. */
const memoryErrors: readonly RegExp[] = [
  /^(?:Array buffer allocation failed|Invalid (?:typed )?array(?: buffer)? length)$/,
  /^ArrayBuffer\.prototype\.resize: Out of memory$/,
  /^Data cannot be cloned, out of memory\.$/,
  /^WebAssembly\.\w+(?:\.grow)?\(\): (?:could not allocate memory|Out of memory|Unable to grow instance memory)/i,
  /^out of memory$/,
];

/** What stands before the message of what a Worker did not catch: in the event, and on standard error. */
const fromWorker = /^(?:error: )?Uncaught (?:\(in worker "[^"]*"\) )?(?:\(in promise\) )?/;

/** What the system and Node say where no file can be opened any more. */
const filesError = /^EMFILE: |too many open files/i;

/** The error for what a script threw: its own message, its place in the script, and the remedy where there is one. */
export function thrownError(
  report: ThrownByScript,
  permissions: ScriptPermissions,
  lastWords: readonly string[],
  closed?: readonly string[],
): ScriptError {
  const thrown = { ...report, message: messageOf(report, lastWords) };
  const [firstLine] = thrown.message.split("\n");
  const stack = readStack(thrown.stack);
  const denial = explainDenial(thrown.message, permissions, closed) ??
    explainDenial(thrown.cause, permissions, closed);
  if (denial !== undefined) return fail(denial, "permission", stack);
  const why = explainImport(firstLine!, permissions);
  if (why !== undefined) return fail(why, "module", stack);
  if (
    /^SyntaxError: |^The module's source code could not be parsed/.test(thrown.message) || isUnlinked(thrown)
  ) {
    return fail(thrown.message, "module", stack);
  }
  if (thrown.message.startsWith("Cannot set output ")) return fail(thrown.message, "output", stack);
  if (memoryErrors.some((error) => error.test(thrown.message))) {
    return fail(memoryMessage(thrown.message), "memory", stack);
  }
  if (filesError.test(firstLine!)) return fail(filesMessage(firstLine!), "files", stack);
  const named = ["", "Error"].includes(thrown.name) ? thrown.message : `${thrown.name}: ${thrown.message}`;
  return fail(thrown.cause === "" ? named : `${named} (cause: ${thrown.cause})`, "threw", stack);
}

/** The error for a sandbox process that ended without a report. */
export function lostError({ status, lastWords }: SandboxEnd): ScriptError {
  if (status.code === 0) {
    const message = "The script ended without a result: it left by Deno.exit, process.exit or self.close, " +
      "which end no step; let it come to its last line, or throw";
    return new ScriptError(message, "no-result");
  }
  const outOfMemory = lastWords.find((line) =>
    /out of memory|memory allocation of \d+ bytes failed|\(os error 12\)/i.test(line)
  );
  if (outOfMemory?.includes("CodeRange")) {
    return new ScriptError(memoryMessage("each Worker of its own takes 512 MiB"), "memory");
  }
  if (outOfMemory !== undefined) {
    return new ScriptError(memoryMessage(outOfMemory.replace(/^[#\s]+/, "")), "memory");
  }
  const tooMany = lastWords.find((line) => filesError.test(line));
  if (tooMany !== undefined) return new ScriptError(filesMessage(tooMany), "files");
  // Code in C++ ends like this, without a word, where it gets no memory.
  if (status.signal === "SIGABRT" && !lastWords.some((line) => line.includes("panicked"))) {
    return new ScriptError(memoryMessage("it was ended by SIGABRT"), "memory");
  }
  const how = status.signal === null ? `with exit code ${status.code}` : `by ${status.signal}`;
  const words = tellingLines(lastWords).join("\n");
  return new ScriptError(`The script's process ended ${how}${words && `: ${words}`}`, "crashed");
}

/** What Deno panicked with, else the last words but for its own command line, which tells nobody anything. */
function tellingLines(lastWords: readonly string[]): readonly string[] {
  const lines = lastWords.filter((line) => line.trim() !== "" && !line.startsWith("Args: ["));
  const panic = lines.findLastIndex((line) => / panicked at /.test(line));
  return panic < 0 ? lines.slice(-3) : lines.slice(panic, panic + 2);
}

/** The script's message. Of a Worker whose module could not be loaded only standard error tells why. */
function messageOf({ message }: ThrownByScript, lastWords: readonly string[]): string {
  const told = message === "Unhandled error in child worker."
    ? lastWords.findLast((line) => fromWorker.test(line)) ?? message
    : message;
  return told.replace(fromWorker, "A Worker of the script failed: ");
}

interface Place {
  readonly line?: number;
  readonly column?: number;
  readonly stack: string;
}

function fail(text: string, reason: ScriptFailure, { line, column, stack }: Place): ScriptError {
  // Deno repeats the place of a syntax error in its message.
  const own = text.replace(/\n\s+at wfe:script:\d+:\d+$/, "");
  const message = own.replaceAll(scriptAddress, "script").trim().slice(0, longestText);
  if (line === undefined || column === undefined) return new ScriptError(message, reason, { stack });
  return new ScriptError(`${message} (script:${line}:${column})`, reason, { line, column, stack });
}

/** The frames of the script itself, and the place of the innermost. */
function readStack(stack: string): Place {
  const frames = stack.split("\n").filter((line) => /^\s*at .*wfe:script:\d+:\d+/.test(line)).slice(0, 50);
  const text = frames.map((line) => `    ${line.trim().replaceAll(scriptAddress, "script")}`).join("\n");
  const [, line, column] = /wfe:script:(\d+):(\d+)/.exec(frames[0] ?? "") ?? [];
  return line === undefined ? { stack: text } : { line: Number(line), column: Number(column), stack: text };
}

/** V8's words for a name that a module does not export. */
function isUnlinked({ name, message }: ThrownByScript): boolean {
  return name === "SyntaxError" && message.includes("does not provide an export");
}

function filesMessage(detail: string): string {
  return `The script has more files and connections open than its process may have (${detail.trim()}). ` +
    "Close those that it no longer needs";
}

function memoryMessage(detail: string): string {
  return `The script needs more memory than it may have (${detail.trim()}). Raise memory in its step, like memory: 1GB`;
}
