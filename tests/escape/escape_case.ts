import type { ScriptFailure } from "../../executors/script.ts";
import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";

/** What there is on the machine for scripts to reach. */
export interface Scene {
  /** A folder that steps may be granted; its path has no links. */
  readonly granted: string;
  /** A folder beside it that no step is granted. */
  readonly kept: string;
  /** Port on 127.0.0.1 of a server that steps may be granted; it redirects to where its query says. */
  readonly openPort: number;
  /** Port on 127.0.0.1 of a server that no step is granted. */
  readonly closedPort: number;
}

/** What an attempt has to end with: a failure for one of these reasons, or the end of its time. */
export type Ending = "timeout" | readonly ScriptFailure[];

/** One attempt of a script at what it may not do. */
export interface EscapeCase {
  /** Route, spelling and grant. */
  readonly name: string;
  /** The script; where it comes to its last line, it has escaped. */
  readonly script: (scene: Scene) => string;
  /** What its step is granted. */
  readonly permissions: (scene: Scene) => ScriptPermissions;
  /** Bytes of memory that its step has; by default few. */
  readonly memory?: number;
  /** How it has to end. */
  readonly ends: Ending;
  /** Milliseconds from its first line until its time is up, where these are not few. */
  readonly lasts?: number;
  /** Bytes of memory that it may leave the engine with, where these are not the usual. */
  readonly leaves?: number;
}

/** Grants of everything but what the cases are after. */
export const grants: Readonly<Record<string, EscapeCase["permissions"]>> = {
  "no grant": () => ({}),
  "a folder to read": ({ granted }) => ({ read: [granted] }),
  "a folder to write": ({ granted }) => ({ write: [granted] }),
  "a folder to read and write": ({ granted }) => ({ read: [granted], write: [granted] }),
  "a host": ({ openPort }) => ({ net: [`127.0.0.1:${openPort}`] }),
  "a host to import from": ({ openPort }) => ({ net: [`127.0.0.1:${openPort}`], dynamic_import: true }),
  "a variable": () => ({ env: ["HOME"] }),
};

/** The entries of two tables, each with each, and their names. */
export function product<First, Second>(
  first: Readonly<Record<string, First>>,
  second: Readonly<Record<string, Second>>,
): Readonly<Record<string, readonly [First, Second]>> {
  return Object.fromEntries(
    Object.entries(first).flatMap(([name, one]) =>
      Object.entries(second).map(([other, two]) => [`${name}, ${other}`, [one, two] as const] as const)
    ),
  );
}

/**
 * Cases for each of `attempts` under `variants`: under all of them, or under so many that are chosen in turn, so that
 * all attempts together meet each of them.
 */
export function vary<Attempt, Variant>(
  attempts: Readonly<Record<string, Attempt>>,
  variants: Readonly<Record<string, Variant>>,
  count: number,
  make: (attempt: Attempt, variant: Variant) => EscapeCase,
): EscapeCase[] {
  const entries = Object.entries(variants);
  // No multiple of the numbers of spellings, targets and grants.
  const step = 11;
  return Object.entries(attempts).flatMap(([name, attempt], index) => {
    const chosen = count >= entries.length ? entries : Array.from(
      { length: count },
      (_, turn) => entries[((index * count + turn) * step) % entries.length]!,
    );
    return chosen.map(([variantName, variant]) => {
      const made = make(attempt, variant);
      return { ...made, name: `${made.name} ${name}, ${variantName}` };
    });
  });
}

/** Bytes of memory with which a step may have Workers of its own. */
export const roomForWorkers = 2048 * 1024 ** 2;
