import { ShellOutputError } from "./errors.ts";
import { checkOutputName, type DeclaredOutputs, shown } from "./output_value.ts";

const MARK = "##wfe[";

/**
 * Reads a line `##wfe[output name=value]`; any other line is `undefined`.
 *
 * @throws {ShellOutputError} Where it begins like one and is none.
 */
export function readOutputLine(
  line: string,
  declared: DeclaredOutputs,
): readonly [string, string] | undefined {
  if (!line.startsWith(MARK)) return undefined;
  const [, name, value] = /^##wfe\[output ([^=]*)=(.*)\]$/s.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    throw new ShellOutputError(
      `expected ##wfe[output name=value] on one line of at most 64 KiB, received ${shown(line)}. ` +
        "For longer values append to the file $WFE_OUTPUT",
    );
  }
  checkOutputName(name, declared, "standard output");
  return [name, value];
}
