/**
 * Secrets of workflows: their values are read when a step needs them, in the process that runs it, and masked in all
 * that the step prints, throws and notes.
 *
 * Needs `--allow-env` of the variables, `--allow-read` of the files and `--allow-run` of the programs that a workflow
 * names as sources.
 *
 * @module
 */
import type { SecretResolver, Secrets, SecretSources } from "../src/definition/secrets.ts";
import { SecretError } from "./secrets/errors.ts";
import { makeSecrets, SHORTEST_SECRET } from "./secrets/mask.ts";
import { LARGEST_SECRET, readSource } from "./secrets/read_source.ts";

export { SecretError } from "./secrets/errors.ts";

/** Options of {@linkcode SecretReader}. */
export interface SecretReaderOptions {
  /**
   * Milliseconds that a program has to print a value: somebody may have to touch a key, or type a passphrase.
   * @default 60000
   */
  readonly commandTimeout?: number;
}

/**
 * Reads secrets from where their workflow says: a variable, a file, or what a program prints. A line break at the end
 * does not belong to the value.
 *
 * @example A host whose workflows may have secrets
 * ```ts
 * import { WorkflowHostBuilder } from "@wfe/engine";
 * import { SecretReader } from "@wfe/engine/secrets";
 *
 * const host = new WorkflowHostBuilder().useSecrets(new SecretReader()).build();
 * ```
 */
export class SecretReader implements SecretResolver {
  readonly #commandTimeout: number;

  /** Nothing is read before it is needed. */
  constructor(options: SecretReaderOptions = {}) {
    this.#commandTimeout = options.commandTimeout ?? 60_000;
  }

  /**
   * Reads all of them, at the same time.
   *
   * @throws {SecretError} Where one cannot be read, or cannot be masked.
   */
  async resolve(sources: SecretSources): Promise<Secrets> {
    const entries = await Promise.all(
      Object.entries(sources).map(async ([name, source]) =>
        [name, checked(name, await readSource(name, source, this.#commandTimeout))] as const
      ),
    );
    let size = 0;
    for (const [name, value] of entries) {
      if ((size += value.length) <= LARGEST_SECRET) continue;
      throw new SecretError(
        name,
        `the secrets of a workflow may have ${LARGEST_SECRET} characters together. Let steps read large ones themselves`,
      );
    }
    return makeSecrets(Object.fromEntries(entries));
  }
}

function checked(name: string, bytes: Uint8Array): string {
  const value = decode(name, bytes).replace(/\r?\n$/, "");
  if (value.includes("\0")) {
    throw new SecretError(
      name,
      "it holds NUL, which no process can be given. Encode it, for instance by base64",
    );
  }
  if (value.split(/[\r\n]+/).every((line) => line.trim().length < SHORTEST_SECRET)) {
    throw new SecretError(
      name,
      `it has fewer than ${SHORTEST_SECRET} characters on each of its lines. So short a text cannot be told from ` +
        "others, and would not be masked. Use a longer one",
    );
  }
  return value;
}

function decode(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SecretError(name, "it is not UTF-8. Encode it, for instance by base64", { cause });
  }
}
