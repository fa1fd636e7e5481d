import { ProcessStartError } from "./process_error.ts";

/** Variables as the supervisor gets them: under other names. */
export interface PassedEnvironment {
  /** Their names, with blanks between them. */
  readonly names: string;
  /** `WFE_ENV_n` with the value of the n-th name. */
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Puts variables under other names, so that they reach the program, and neither the supervisor nor Deno's check of
 * LD_ names.
 *
 * @throws {ProcessStartError} Where a name is none of a shell variable.
 */
export function passedEnvironment(env: { readonly [name: string]: string }): PassedEnvironment {
  const names = Object.keys(env);
  for (const name of names) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) continue;
    const message = `Cannot start a process: environment names are letters, digits and _, received '${name}'`;
    throw new ProcessStartError(message, "invalid");
  }
  const values = Object.fromEntries(names.map((name, index) => [`WFE_ENV_${index}`, env[name] ?? ""]));
  return { names: names.join(" "), values };
}

/**
 * The values that the engine's own environment has for `names`, other than those that `env` sets anyway.
 *
 * @throws {ProcessStartError} Where one may not be read: the program would run without it, and fail in odd ways.
 */
export function inherited(
  names: readonly string[],
  env: { readonly [name: string]: string },
): Record<string, string> {
  const needed = names.filter((name) => !Object.hasOwn(env, name));
  return Object.fromEntries(needed.map((name) => [name, valueOf(name)]));
}

/**
 * The values of those of `names` that the engine's environment has.
 *
 * @throws {ProcessStartError} Where one may not be read.
 */
export function keptVariables(names: readonly string[]): Record<string, string> {
  const values = names.flatMap((name) => {
    const value = readVariable(
      name,
      `Cannot start a process: it is to have ${name} of the engine's environment, and Deno may not read that. ` +
        `Allow it with --allow-env=${name}`,
    );
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(values);
}

function valueOf(name: string): string {
  const denied =
    `Cannot start a process: the engine's environment has ${name}, and Deno may not pass it on. ` +
    `Allow it with --allow-env=${name}, or start the engine without it: env -u ${name} deno …`;
  return readVariable(name, denied) ?? "";
}

function readVariable(name: string, denied: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (cause) {
    throw new ProcessStartError(denied, "permission", { cause });
  }
}
