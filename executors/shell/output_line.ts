import { ShellOutputError } from "./errors.ts";
import { checkOutputName, type DeclaredOutputs, shown } from "./output_value.ts";

const MARK = "##wfe[";

/** What a step says by a line: an output with its name, or how far it is. */
export type OutputLine =
  | { readonly output: readonly [name: string, value: string] }
  | { readonly status: string };

/**
 * Reads a line `##wfe[output name=value]` or `##wfe[status text]`; any other line is `undefined`.
 *
 * @throws {ShellOutputError} Where it begins like one and is none.
 */
export function readOutputLine(
  line: string,
  declared: DeclaredOutputs,
): OutputLine | undefined {
  if (!line.startsWith(MARK)) return undefined;
  const [, status] = /^##wfe\[status (.*)\]$/s.exec(line) ?? [];
  if (status !== undefined) return { status };
  const [, name, value] = /^##wfe\[output ([^=]*)=(.*)\]$/s.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    throw new ShellOutputError(
      `expected ##wfe[output name=value] or ##wfe[status text] on one line of at most 64 KiB, received ${
        shown(line)
      }. ` +
        "For longer values append to the file $WFE_OUTPUT",
    );
  }
  checkOutputName(name, declared, "standard output");
  return { output: [name, value] };
}
