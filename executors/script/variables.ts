import { ScriptPermissionError } from "./errors.ts";
import type { ScriptGrant } from "./permissions.ts";

/**
 * The environment that a grant gives, from the engine's own. A script that may start programs also gets PATH, to
 * find them.
 *
 * @throws {ScriptPermissionError} for a variable that the engine itself may not read.
 */
export function readVariables({ env, run }: ScriptGrant): Record<string, string> {
  const names = run ? ["PATH", ...env] : env;
  return Object.fromEntries(names.flatMap((name) => {
    const value = readVariable(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new ScriptPermissionError(
      "env",
      name,
      `the engine may not read it itself; start it with --allow-env=${name}`,
    );
  }
}
