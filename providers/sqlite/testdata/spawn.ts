import { dirname } from "node:path";

const program = new URL("./program.ts", import.meta.url);

/** What a program of `program.ts` printed, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly stderr: string;
}

/** Runs the program to its end. By bash, which tests may run, whatever Deno is called. */
export async function runProcess(
  database: string,
  role: "open",
  flags = folderFlags(database),
): Promise<Ended> {
  const { code, stderr } = await command(database, role, flags).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

/** Starts the program and waits until it says that it is ready. Killed when it is disposed of. */
export async function startProcess(database: string, role: "own" | "migrate"): Promise<Running> {
  const child = command(database, role, folderFlags(database)).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  if (new TextDecoder().decode(value) !== "ready\n") {
    throw new Error(`The process is not ready: ${await new Response(child.stderr).text()}`);
  }
  return new Running(child, reader);
}

/** A program that is ready. */
export class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(child: Deno.ChildProcess, reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#child = child;
    this.#reader = reader;
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Kills it and waits until the kernel has cleaned up. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.kill();
    } catch {
      // It has ended before.
    }
    await this.#reader.cancel();
    await this.#child.stderr.cancel();
  }
}

function command(database: string, role: string, flags: readonly string[]): Deno.Command {
  const args = ["run", "--no-prompt", "--no-config", "--no-lock", ...flags, program.href, database, role];
  return new Deno.Command("bash", {
    args: ["-c", 'exec "$0" "$@"', Deno.execPath(), ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

function folderFlags(database: string): string[] {
  return [`--allow-read=${dirname(database)}`, `--allow-write=${dirname(database)}`];
}
