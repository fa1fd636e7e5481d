import type { StoredDefinition } from "../definition/hash.ts";
import { isolate } from "./isolate.ts";

/** The definitions that are kept. */
export class Definitions {
  readonly #byHash = new Map<string, StoredDefinition>();

  /** Keeps a definition, once. */
  save(definition: StoredDefinition): void {
    if (!this.has(definition.hash)) this.#byHash.set(definition.hash, isolate(definition));
  }

  /** Whether a definition is kept. */
  has(hash: string): boolean {
    return this.#byHash.has(hash);
  }

  /** The definition with this hash. */
  get(hash: string): StoredDefinition | null {
    return this.#byHash.get(hash) ?? null;
  }

  /** The contents of an id and version, newest first. */
  revisions(id: string, version: number): StoredDefinition[] {
    return [...this.#byHash.values()]
      .filter((definition) => definition.id === id && definition.version === version)
      .reverse();
  }
}
