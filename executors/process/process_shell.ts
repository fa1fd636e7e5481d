import { ProcessStartError } from "./process_error.ts";

/** A shell that can supervise a process tree. */
export type ProcessShell = "bash" | "sh";

let found: ProcessShell | undefined;

/** What a supervisor is started with. */
export interface ShellRequest {
  /** `$1` and so on. */
  readonly args: readonly string[];
  /** Variables added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts `script` in the first shell that the system has and the permissions allow: bash, else sh. Its streams are
 * piped, and it leads a session of its own, so that neither a terminal's Ctrl-C nor a hang-up reaches it.
 *
 * Of the engine's environment the shell has everything but what Deno does not pass on without an unscoped
 * `--allow-run`: variables of the loader, such as LD_LIBRARY_PATH. These are empty, and `request` gets their names.
 *
 * @throws {ProcessStartError} Where neither can be started.
 */
export function spawnShell(
  script: string,
  request: (shell: ProcessShell, withheld: readonly string[]) => ShellRequest,
  options: Deno.CommandOptions,
): { readonly shell: ProcessShell; readonly child: Deno.ChildProcess } {
  const shells: readonly ProcessShell[] = found === undefined ? ["bash", "sh"] : [found];
  const refusals: unknown[] = [];
  for (const shell of shells) {
    try {
      const child = spawnWithout([], (withheld) => {
        const { args, env = {} } = request(shell, withheld);
        return new Deno.Command(shell, {
          ...options,
          // -p: what the step's environment says in BASH_ENV, SHELLOPTS and exported functions is not for the supervisor.
          args: [...(shell === "bash" ? ["-p"] : []), "-c", script, "wfe-step", ...args],
          env: { ...env, ...Object.fromEntries(withheld.map((name) => [name, ""])) },
          detached: true,
          stdin: "piped",
          stdout: options.stdout ?? "piped",
          stderr: options.stderr ?? "piped",
        });
      });
      found = shell;
      return { shell, child };
    } catch (error) {
      if (error instanceof ProcessStartError) throw error;
      if (!isMissing(error)) throw explained(error, options.cwd);
      refusals.push(error);
    }
  }
  throw noShell(refusals);
}

// Deno tells which variables it does not pass on only by refusing to spawn.
function spawnWithout(
  withheld: readonly string[],
  command: (withheld: readonly string[]) => Deno.Command,
): Deno.ChildProcess {
  try {
    return command(withheld).spawn();
  } catch (error) {
    const names = refusedVariables(error).filter((name) => !withheld.includes(name));
    if (names.length === 0) throw error;
    return spawnWithout([...withheld, ...names], command);
  }
}

function refusedVariables(error: unknown): string[] {
  if (!(error instanceof Deno.errors.NotCapable)) return [];
  return / with (\S+(?:, \S+)*) environment variable/.exec(error.message)?.[1]?.split(", ") ?? [];
}

/** Not on this system, or not among the programs that may be run. */
function isMissing(error: unknown): boolean {
  if (error instanceof Deno.errors.NotCapable) return true;
  return error instanceof Deno.errors.NotFound && !error.message.includes("cwd");
}

function noShell(refusals: readonly unknown[]): ProcessStartError {
  const denied = refusals.find((error) => error instanceof Deno.errors.NotCapable);
  if (denied !== undefined) {
    const message = "Cannot start a process: Deno may not run bash or sh. Allow it with --allow-run=bash,sh";
    return new ProcessStartError(message, "permission", { cause: denied });
  }
  const message = "Cannot start a process: neither bash nor sh is found in PATH. Install one of them";
  return new ProcessStartError(message, "no-shell", { cause: refusals[0] });
}

function explained(error: unknown, cwd: string | URL | undefined): Error {
  const reason = error instanceof Error ? error.message : String(error);
  const code = (error as { readonly code?: unknown }).code;
  if (error instanceof Deno.errors.NotFound) {
    const message =
      `Cannot start a process in '${cwd}': there is no such folder. Create it, or correct the path`;
    return new ProcessStartError(message, "directory", { cause: error });
  }
  if (code === "E2BIG") {
    const message = "Cannot start a process: its arguments and environment are too large for the system " +
      "(128 KiB each, 2 MiB together on Linux). Pass large values by a file";
    return new ProcessStartError(message, "too-large", { cause: error });
  }
  if (code === "EINVAL") {
    const message = "Cannot start a process: an argument or environment value holds a NUL character";
    return new ProcessStartError(message, "invalid", { cause: error });
  }
  return new ProcessStartError(`Cannot start a process: ${reason}`, "other", { cause: error });
}
