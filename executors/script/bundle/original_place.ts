import { SourceMap } from "node:module";
import type { ScriptConfig } from "../../../src/yaml/step_types/script.ts";
import { ScriptError } from "../errors.ts";

/** The error of a bundled script, told by the files that the script was made of. Others stay as they are. */
export function atOriginalPlace(error: ScriptError, { source_map }: ScriptConfig): ScriptError {
  const { line, column, reason } = error;
  if (source_map === undefined || line === undefined || column === undefined) return error;
  const { sources, mappings } = source_map;
  const unused = { file: "", names: [], sourceRoot: "", sourcesContent: [] };
  const map = new SourceMap({ version: 3, sources: [...sources], mappings, ...unused });
  const original = originalOf(map, line, column);
  if (original === undefined) return error;
  const frames = error.stack!.split("\n").filter((frame) => /^ {4}at /.test(frame));
  return new ScriptError(error.message.replace(/ \(script:\d+:\d+\)$/, ` (${shown(original)})`), reason, {
    ...original,
    stack: frames.map((frame) =>
      frame.replace(/\bscript:(\d+):(\d+)/g, (place, line, column) => {
        const original = originalOf(map, Number(line), Number(column));
        return original === undefined ? place : shown(original);
      })
    ).join("\n"),
  });
}

interface OriginalPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Lines and columns from 1; a source map counts from 0. */
function originalOf(map: SourceMap, line: number, column: number): OriginalPlace | undefined {
  const found = map.findEntry(line - 1, column - 1);
  if (!("originalSource" in found) || found.originalLine === undefined) return undefined;
  return { file: found.originalSource, line: found.originalLine + 1, column: found.originalColumn + 1 };
}

function shown({ file, line, column }: OriginalPlace): string {
  return `${file}:${line}:${column}`;
}
