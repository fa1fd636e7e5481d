import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical_json.ts";
import type { WorkflowDefinition } from "./definition.ts";

/** Bytes that a definition may have as JSON; scripts count. */
export const definitionLimit: number = 4 * 1024 * 1024;

/**
 * The rules by which this version of the engine reads a definition's wiring. A run keeps the rules it started with;
 * a change of meaning gets a new number.
 */
export const wiringRules: number = 1;

/** A definition as the store keeps it. */
export interface StoredDefinition {
  /** SHA-256 of the rules and the content, in hexadecimal. */
  readonly hash: string;
  /** Id of the definition. */
  readonly id: string;
  /** Version of the definition. */
  readonly version: number;
  /** {@linkcode wiringRules} by which the content is read. */
  readonly rules: number;
  /** The definition as canonical JSON. */
  readonly content: string;
}

/** Writes a definition as canonical JSON and names it by its content. */
export function storeDefinition(definition: WorkflowDefinition): StoredDefinition {
  const content = canonicalJson(definition, `definition ${definition.id}`, definitionLimit);
  const { id, version } = definition;
  return { hash: sha256(`${wiringRules}\n${content}`), id, version, rules: wiringRules, content };
}

/** SHA-256 of a text's UTF-8, in hexadecimal. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
