/** What stands behind `type:` of a script step. */
export const scriptType = "deno";

/** A script that stands in files of its own, made one module. */
export interface ScriptBundle {
  /** The module: its relative imports and packages are part of it. */
  readonly text: string;
  /** The files that it was made of, relative to the folder of the workflow file; of packages `npm:name@version/file`. */
  readonly sources: readonly string[];
  /** Where each piece of the text comes from: the `mappings` of a source map, version 3. */
  readonly mappings: string;
}

/**
 * Reads the script that a step names by `file`.
 *
 * @param file the path as it is written, relative to the folder of the workflow file
 * @param workflow path of the workflow file
 * @throws {ScriptFileError} where it cannot be read or made one module; told at the place of `file`
 */
export type ReadScript = (file: string, workflow: string) => Promise<ScriptBundle>;

/** A script in a file of its own that cannot be used. Its message names the place in that file, where there is one. */
export class ScriptFileError extends Error {
  /** Tells this error from others. */
  readonly code = "SCRIPT_FILE";
  /** The script, as the step names it. */
  readonly script: string;
  /** What to do about it, in sentences. */
  readonly remedy: string | undefined;

  /** `why` completes the sentence; `place` is `file:line:column` of what is wrong. */
  constructor(
    script: string,
    why: string,
    { place, remedy, ...options }: ErrorOptions & { readonly place?: string; readonly remedy?: string } = {},
  ) {
    super(
      `Cannot use the script ${JSON.stringify(script)}: ${why}${place === undefined ? "" : ` (${place})`}`,
      options,
    );
    this.name = "ScriptFileError";
    this.script = script;
    this.remedy = remedy;
  }
}

/** Whether a text can be the `file` of a script step: a path below the folder of the workflow file. */
export function isScriptPath(text: string): boolean {
  return text !== "" && !/^(?:[/~]|[A-Za-z]:|[a-z][a-z0-9+.-]+:)|\\|\$\{\{|\p{Cc}/iu.test(text) &&
    !text.split("/").includes("..");
}
