import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import { scriptAddress } from "./boot.ts";
import { explainDenial } from "./denial.ts";
import { ScriptError, type ScriptFailure } from "./errors.ts";
import { explainImport } from "./explain_import.ts";
import type { ThrownByScript } from "./result.ts";
import type { SandboxEnd } from "./sandbox.ts";

const longestText = 16 * 1024;

/** The error for what a script threw: its own message, its place in the script, and the remedy where there is one. */
export function thrownError(thrown: ThrownByScript, permissions: ScriptPermissions): ScriptError {
  const [firstLine] = thrown.message.split("\n");
  const stack = readStack(thrown.stack);
  const denial = explainDenial(thrown.message, permissions) ?? explainDenial(thrown.cause, permissions);
  if (denial !== undefined) return fail(denial, "permission", stack);
  const why = explainImport(firstLine!, permissions);
  if (why !== undefined) return fail(why, "module", stack);
  if (
    /^SyntaxError: |^The module's source code could not be parsed/.test(thrown.message) || isUnlinked(thrown)
  ) {
    return fail(thrown.message, "module", stack);
  }
  if (thrown.message.startsWith("Cannot set output ")) return fail(thrown.message, "output", stack);
  if (
    /^(?:Array buffer allocation failed|Invalid (?:typed )?array(?: buffer)? length)$/.test(thrown.message)
  ) {
    return fail(memoryMessage(thrown.message), "memory", stack);
  }
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
    /out of memory|memory allocation of \d+ bytes failed/i.test(line)
  );
  if (outOfMemory?.includes("CodeRange")) {
    return new ScriptError(memoryMessage("each Worker of its own takes 512 MiB"), "memory");
  }
  if (outOfMemory !== undefined) {
    return new ScriptError(memoryMessage(outOfMemory.replace(/^[#\s]+/, "")), "memory");
  }
  const how = status.signal === null ? `with exit code ${status.code}` : `by ${status.signal}`;
  const words = lastWords.filter((line) => line.trim() !== "").slice(-3).join("\n");
  return new ScriptError(`The script's process ended ${how}${words && `: ${words}`}`, "crashed");
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

function memoryMessage(detail: string): string {
  return `The script needs more memory than it may have (${detail.trim()}). Raise memory in its step, like memory: 1GB`;
}
