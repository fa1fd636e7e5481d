import { dirname, join, resolve } from "node:path";

/** The project that a workflow file belongs to: what its scripts may be made of. */
export interface ScriptProject {
  /** Its folder, absolute. */
  readonly folder: string;
  /** Its `deno.json`, absolute, where there is one. */
  readonly config: string | undefined;
}

/**
 * The folder of the next `deno.json` above a workflow file, as far as the engine may look; without one, the folder of
 * the file itself.
 */
export function findProject(workflow: string): ScriptProject {
  const folder = dirname(resolve(workflow));
  for (let at = folder;; at = dirname(at)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const config = join(at, name);
      const found = isFile(config);
      if (found) return { folder: at, config };
      if (found === undefined) return { folder, config: undefined };
    }
    if (at === dirname(at)) return { folder, config: undefined };
  }
}

/** The flags of Deno that make it read a project as its lock file says, and nothing else. */
export function projectFlags({ config }: ScriptProject): readonly string[] {
  return config === undefined ? ["--no-config", "--no-lock"] : [`--config=${config}`, "--frozen"];
}

/** `undefined` where the engine may not look. */
function isFile(path: string): boolean | undefined {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    return error instanceof Deno.errors.NotCapable ? undefined : false;
  }
}
