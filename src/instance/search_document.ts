import type { Attributes } from "../definition/attributes.ts";
import { cutText, mostErrors, type RunSummary, type ToldFailure } from "./run_summary.ts";
import type { WorkflowStatus } from "./status.ts";

/** Number of the shape of {@linkcode SearchDocument}: raised when what is found by it changes. */
export const searchMapping = 2;

/** What a search index keeps of a run. Times are milliseconds of the store's clock. */
export interface SearchDocument {
  /** Id of the run. */
  readonly id: string;
  /** When it was started: tells it from an earlier run of the same id, which was purged. */
  readonly createdAt: number;
  /** Number of its last transition: of two documents of a run the one with the greater is newer. */
  readonly sequence: number;
  /** By which {@linkcode searchMapping} it was made; one made by another is to be made again. */
  readonly mapping: number;
  /** Id of its definition. */
  readonly definitionId: string;
  /** Version of its definition. */
  readonly version: number;
  /** Where the run stands. */
  readonly status: WorkflowStatus;
  /** The caller's name for it. */
  readonly reference: string | null;
  /** Keys of the steps that have begun, each once. */
  readonly steps: readonly string[];
  /** Types, codes and messages of its errors and of those of its steps, and why it was stopped: each once. */
  readonly errors: readonly string[];
  /** Its searchable attributes. */
  readonly attributes: Attributes;
  /** When it ended. */
  readonly endedAt: number | null;
}

/** What is to be found of a run. */
export function searchDocument({ reason, errors, ...told }: RunSummary): SearchDocument {
  const { id, createdAt, sequence, definitionId, version, status, reference, steps, attributes, endedAt } =
    told;
  const texts = new Set([...reason === null ? [] : [cutText(reason)], ...errors.map(asText)]);
  return Object.freeze({
    id,
    createdAt,
    sequence,
    mapping: searchMapping,
    definitionId,
    version,
    status,
    reference,
    steps,
    errors: Object.freeze([...texts].slice(0, mostErrors)),
    attributes,
    endedAt,
  });
}

function asText({ type, code, message }: ToldFailure): string {
  return `${type}${code === null ? "" : ` [${code}]`}: ${message}`;
}
