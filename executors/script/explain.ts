import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import { scriptAddress } from "./boot.ts";
import { ScriptError, type ScriptFailure } from "./errors.ts";
import type { ThrownByScript } from "./result.ts";
import type { SandboxEnd } from "./sandbox.ts";

const longestText = 16 * 1024;

/** What Deno says when a permission is missing; the target stands in quotes, if it names one. */
const denial = /Requires (\w+) access(?: to (?:"([^"]*)"|[^,]*))?, run again with the --allow-\w+ flag/;

/** The error for what a script threw: its own message, its place in the script, and the remedy where there is one. */
export function thrownError(thrown: ThrownByScript, permissions: ScriptPermissions): ScriptError {
  const [firstLine] = thrown.message.split("\n");
  const stack = readStack(thrown.stack);
  const refused = denial.exec(thrown.message) ?? denial.exec(thrown.cause);
  if (refused !== null) return fail(denialMessage(refused, permissions), "permission", stack);
  const why = importProblem(firstLine!);
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

function denialMessage([, kind, target]: RegExpExecArray, permissions: ScriptPermissions): string {
  const what = target === undefined ? `${kind} access` : `${kind} access to "${target}"`;
  return `The script needs ${what}, which its step does not have. ${
    denialRemedy(kind!, target, permissions)
  }`;
}

function denialRemedy(kind: string, target: string | undefined, permissions: ScriptPermissions): string {
  const add = (key: "net" | "read" | "write" | "env", value: string, more = "") =>
    `To allow it: permissions: { ${key}: ${JSON.stringify([...permissions[key] ?? [], value])}${more} }`;
  switch (kind) {
    case "net":
      return target === undefined ? "Name each host in net." : add("net", withoutUsualPort(target));
    case "import": {
      if (target === undefined) return "Name each host in net.";
      const host = withoutUsualPort(target);
      return permissions.net?.includes(host)
        ? `To allow it: permissions: { net: ${JSON.stringify(permissions.net)}, dynamic_import: true }`
        : add("net", host, ", dynamic_import: true");
    }
    case "read":
    case "write":
      return target === undefined ? `Name each file or folder in ${kind}.` : add(kind, target);
    case "env":
      return target === undefined
        ? "Name each variable in env, and read them one by one."
        : add("env", target);
    case "run":
      return "To allow it: permissions: { run: true }, which equals full rights; a shell step may be what is meant";
    default:
      return "No step can be given it.";
  }
}

function withoutUsualPort(host: string): string {
  return host.replace(/:(?:80|443)$/, "");
}

/** What cannot be imported, in other words than those of flags that users never see. */
function importProblem(message: string): string | undefined {
  if (/npm specifiers were requested|"npm:/.test(message)) {
    return "The script imports an npm module, which a script step cannot; use a step in code, or a shell step";
  }
  const [, remote] = /^A remote specifier was requested: "([^"]*)"/.exec(message) ?? [];
  if (remote !== undefined) {
    const host = URL.parse(remote)?.host ?? remote;
    return `The script imports ${remote}, which its step does not allow. To allow it: ` +
      `permissions: { net: ${JSON.stringify([host])}, dynamic_import: true }`;
  }
  if (/relative URL with a cannot-be-a-base base|Relative import path/i.test(message)) {
    return "The script imports a file by a relative path, but it has no folder of its own; write its code in the step";
  }
  const [, bare] = /^Import "([^"]*)" not a dependency/.exec(message) ?? [];
  return bare === undefined
    ? undefined
    : `The script imports "${bare}", but a script step has no dependencies; use node: or https: modules`;
}

/** V8's words for a name that a module does not export. */
function isUnlinked({ name, message }: ThrownByScript): boolean {
  return name === "SyntaxError" && message.includes("does not provide an export");
}

function memoryMessage(detail: string): string {
  return `The script needs more memory than it may have (${detail.trim()}). Raise memory in its step, like memory: 1GB`;
}
