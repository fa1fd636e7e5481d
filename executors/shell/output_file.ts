import { ShellOutputError } from "./errors.ts";
import { AS_FILE, checkOutputName, type DeclaredOutputs, shown } from "./output_value.ts";

/**
 * Reads the file named by `$WFE_OUTPUT`, which may have `limit` bytes. A step that has removed it has set nothing.
 *
 * @throws {ShellOutputError} Where it is not a plain file, too large, not UTF-8, or not in the format.
 */
export async function readOutputFile(
  path: string,
  declared: DeclaredOutputs,
  limit: number,
): Promise<Map<string, string>> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    throw error;
  }
  // Anything else could be endless, or lead elsewhere.
  if (!info.isFile) throw new ShellOutputError("$WFE_OUTPUT is no longer a plain file. Append to it with >>");
  if (info.size > limit) {
    throw new ShellOutputError(
      `$WFE_OUTPUT may have ${limit} bytes, received ${info.size}. ${AS_FILE}`,
    );
  }
  return parseOutputs(decode(await Deno.readFile(path)), declared);
}

/**
 * Parses the format of `$WFE_OUTPUT`: lines `name=value`, and for values of several lines `name<<DELIMITER`, the
 * value's lines, `DELIMITER`. The last value of a name counts.
 *
 * @throws {ShellOutputError} With the number of the line that is in no such form.
 */
export function parseOutputs(text: string, declared: DeclaredOutputs): Map<string, string> {
  const outputs = new Map<string, string>();
  const lines = text.split("\n").map((line) => line.endsWith("\r") ? line.slice(0, -1) : line);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (line === "") continue;
    const place = `line ${index + 1} of $WFE_OUTPUT`;
    const [, name, form, rest] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? [];
    if (name === undefined || rest === undefined || (form === "<<" && rest === "")) {
      throw new ShellOutputError(`${place}: expected name=value or name<<DELIMITER, received ${shown(line)}`);
    }
    checkOutputName(name, declared, place);
    if (form === "=") {
      outputs.set(name, rest);
      continue;
    }
    const end = lines.indexOf(rest, index + 1);
    if (end < 0) {
      throw new ShellOutputError(
        `${place}: the value of '${name}' has no end. Write ${shown(rest)} on a line of its own`,
      );
    }
    outputs.set(name, lines.slice(index + 1, end).join("\n"));
    index = end;
  }
  return outputs;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ShellOutputError("$WFE_OUTPUT is not UTF-8. Encode other bytes, for instance by base64", {
      cause,
    });
  }
}
