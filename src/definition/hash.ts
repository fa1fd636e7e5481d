import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical_json.ts";
import type { WorkflowDefinition } from "./definition.ts";

/** Bytes that a definition may have as JSON; scripts count. */
export const definitionLimit: number = 4 * 1024 * 1024;

/** A definition as the store keeps it. */
export interface StoredDefinition {
  /** SHA-256 of `content`, in hexadecimal. */
  readonly hash: string;
  /** Id of the definition. */
  readonly id: string;
  /** Version of the definition. */
  readonly version: number;
  /** The definition as canonical JSON. */
  readonly content: string;
}

/** Writes a definition as canonical JSON and names it by its content. */
export function storeDefinition(definition: WorkflowDefinition): StoredDefinition {
  const content = canonicalJson(definition, `definition ${definition.id}`, definitionLimit);
  return { hash: sha256(content), id: definition.id, version: definition.version, content };
}

/** SHA-256 of a text's UTF-8, in hexadecimal. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
