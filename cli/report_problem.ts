import { StoreError } from "../src/provider/errors.ts";
import { WorkflowSyntaxError } from "../src/yaml/mod.ts";
import { CliError } from "./cli_error.ts";
import { readEnv } from "./env.ts";
import { exitCodes } from "./exit_codes.ts";
import type { Io } from "./io.ts";
import { printableText } from "./output/printable.ts";

/** Codes of errors that a user's input causes. */
const inputCodes: ReadonlySet<unknown> = new Set([
  "DEFINITION_CONFLICT",
  "INVALID_DEFINITION",
  "INVALID_DURATION",
  "INVALID_JSON",
  "PAYLOAD_TOO_LARGE",
]);

/** Tells the user what went wrong, without a stack, and returns the exit code. */
export function reportProblem(error: unknown, { stderr }: Io): number {
  const [message, exitCode] = explain(error);
  stderr.write(`${stderr.paint("red", "error:")} ${printableText(message)}\n`);
  return exitCode;
}

function explain(error: unknown): [message: string, exitCode: number] {
  // What went wrong first is what the user wants to know, not what closing up met after it.
  if (error instanceof SuppressedError) return explain(error.suppressed);
  if (error instanceof CliError) return [error.message, error.exitCode];
  if (error instanceof WorkflowSyntaxError) return [String(error), exitCodes.usage];
  if (error instanceof Deno.errors.NotCapable) return [explainPermission(error), exitCodes.usage];
  if (error instanceof StoreError) return [explainStore(error), exitCodes.failed];
  if (error instanceof Error && "code" in error && inputCodes.has(error.code)) {
    return [error.message, exitCodes.usage];
  }
  return [explainBug(error), exitCodes.failed];
}

/** Deno's message reads `Requires read access to "/x", run again with the --allow-read flag`. */
function explainPermission(error: Error): string {
  const [needs, flag] = error.message.split(", run again with the ");
  const remedy = flag
    ? `Add ${flag.replace(" flag", "")} to the command line of deno`
    : "Add it to the command line of deno";
  return `A permission is missing: ${
    needs!.replace(/^R/, "r")
  }. ${remedy}; docs/permissions.md lists what each feature needs.`;
}

function explainStore(error: StoreError): string {
  const hint = "What was recorded is kept: `wfe runs` lists the runs, `wfe resume` continues one.";
  return error.problem === "corrupt" || error.problem === "newer"
    ? error.message
    : `${error.message}\n${hint}`;
}

function explainBug(error: unknown): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error && readEnv("WFE_DEBUG") ? `\n${error.stack}` : "";
  return `${message}\nThis is a bug in wfe: please report it with what led to it (WFE_DEBUG=1 shows where it happened).${stack}`;
}
