import type { SecretSource } from "../../src/definition/secrets.ts";
import { SecretError } from "./errors.ts";

/** Bytes that a value may have, and characters that all of a workflow may have together: what masks them grows with it. */
export const LARGEST_SECRET: number = 16 * 1024;

/**
 * Reads the value of a secret, as it is in its source.
 *
 * @param commandTimeout milliseconds that a program has
 * @throws {SecretError} Where there is none. What a program has printed is never in it.
 */
export async function readSource(
  name: string,
  source: SecretSource,
  commandTimeout: number,
): Promise<Uint8Array> {
  if ("env" in source) return new TextEncoder().encode(readVariable(name, source.env));
  return "file" in source
    ? await readFile(name, source.file)
    : await runCommand(name, source.command, commandTimeout);
}

function readVariable(name: string, variable: string): string {
  let value: string | undefined;
  try {
    value = Deno.env.get(variable);
  } catch (cause) {
    throw new SecretError(name, notCapable(`read the variable ${variable}`, `--allow-env=${variable}`), {
      cause,
    });
  }
  if (value !== undefined) return value;
  throw new SecretError(name, `the variable ${variable} is not set. Set it in the environment of the engine`);
}

async function readFile(name: string, path: string): Promise<Uint8Array> {
  try {
    using file = await Deno.open(path);
    return await readAll(file.readable, () => tooLarge(name));
  } catch (cause) {
    if (cause instanceof SecretError) throw cause;
    if (cause instanceof Deno.errors.NotCapable) {
      throw new SecretError(name, notCapable(`read the file ${path}`, `--allow-read=${path}`), { cause });
    }
    const why = cause instanceof Deno.errors.NotFound
      ? "there is no file"
      : "the engine cannot read the file";
    throw new SecretError(name, `${why} ${path}. Create it where only its user can read it`, { cause });
  }
}

async function runCommand(
  name: string,
  [program = "", ...args]: readonly string[],
  timeout: number,
): Promise<Uint8Array> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "null" }).spawn();
  } catch (cause) {
    throw new SecretError(
      name,
      explainStart(program, cause),
      { cause },
    );
  }
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(failedCommand(name, `${program} has not ended within ${timeout} ms`)),
    timeout,
  );
  try {
    const work = Promise.all([readAll(child.stdout, () => tooLarge(name)), child.status]);
    const [value, { code }] = await Promise.race([work, late.promise]);
    if (code === 0) return value;
    throw failedCommand(name, `${program} ended with exit code ${code}. Run it by hand to see why`);
  } finally {
    clearTimeout(timer);
    kill(child);
    await child.status;
  }
}

function explainStart(program: string, cause: unknown): string {
  if (!(cause instanceof Deno.errors.NotCapable)) {
    return `${program} cannot be run. Install it, or correct the command`;
  }
  // With a scoped right to run programs Deno passes on no variables of the loader.
  const [, names] = / with (\S+(?:, \S+)*) environment variable/.exec(cause.message) ?? [];
  return names === undefined
    ? notCapable(`run ${program}`, `--allow-run=${program}`)
    : `Deno may not run ${program} while ${names} is set. Start the engine without it`;
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

async function readAll(stream: ReadableStream<Uint8Array>, tooLarge: () => Error): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if ((size += chunk.length) > LARGEST_SECRET) throw tooLarge();
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function tooLarge(name: string): SecretError {
  return new SecretError(
    name,
    `it may have ${LARGEST_SECRET} bytes, and has more. Let the step read it from a file itself`,
  );
}

function failedCommand(name: string, why: string): SecretError {
  return new SecretError(name, why, { retryable: true });
}

function notCapable(what: string, flag: string): string {
  return `Deno may not ${what}. Allow it with ${flag}`;
}
