/** What a command of Deno printed. */
export interface DenoOutput {
  /** Whether it ended well. */
  readonly success: boolean;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error, without colours. */
  readonly stderr: string;
}

/**
 * Runs a command of Deno that runs no program.
 *
 * @throws {Deno.errors.NotFound} where there is no such executable
 * @throws {Deno.errors.NotCapable} where it may not be run
 */
export async function runDeno(deno: string, cwd: string, args: readonly string[]): Promise<DenoOutput> {
  const command = new Deno.Command(deno, { args: [...args], cwd, env: { NO_COLOR: "1" }, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  return { success, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** What the first error that Deno prints says, with the address of the file, line and column where it has one. */
export interface DenoError {
  /** Its first line, without `error: `. */
  readonly message: string;
  /** As in `file:///a/b.ts:1:8`. */
  readonly place: string | undefined;
}

/** Reads the first error of what Deno printed. */
export function readDenoError(text: string): DenoError {
  const [, message = text.split("\n", 1)[0]!] = /^(?:error: )?(.+)/m.exec(
    text.slice(Math.max(0, text.search(/^error: /m))),
  ) ?? [];
  const [, place] = /^\s+at (file:\S+:\d+:\d+)$/m.exec(text) ?? [];
  return { message: message.replace(/\.$/, ""), place };
}
