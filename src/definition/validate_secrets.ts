import { isRecord, shown } from "./validate_value.ts";

/** Most secrets of a definition. */
export const mostSecrets = 100;

/** What the name of a secret has to be, in words. */
export const secretNameRule = "a letter or _, then letters, digits or _, at most 64 characters";

/** Whether a text may be the name of a secret. */
export function isSecretName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) && name !== "__proto__";
}

/** What is wrong with the secrets of a definition. */
export function* secretProblems(secrets: Readonly<Record<string, unknown>>): Iterable<string> {
  const entries = Object.entries(secrets);
  if (entries.length > mostSecrets) {
    yield `it has ${entries.length} secrets; at most ${mostSecrets} are possible`;
  }
  for (const [name, source] of entries) {
    if (!isSecretName(name)) yield `the name of a secret must be ${secretNameRule}, received ${shown(name)}`;
    if (!isSource(source)) {
      yield `the secret ${shown(name)} must be { env: a variable }, { file: a path } or ` +
        "{ command: a list of a program and its arguments }";
    }
  }
}

function isSource(source: unknown): boolean {
  if (!isRecord(source) || Object.keys(source).length !== 1) return false;
  const { env, file, command } = source;
  if (command === undefined) return isUsable(env ?? file);
  return Array.isArray(command) && isUsable(command[0]) && command.every((part) => typeof part === "string");
}

function isUsable(text: unknown): boolean {
  return typeof text === "string" && text !== "";
}
