import type { Attributes } from "../definition/attributes.ts";
import type { Instance, Pointer, StepFailure } from "./instance.ts";
import type { WorkflowStatus } from "./status.ts";

/** Number of the shape of {@linkcode SearchDocument}: raised when what is found by it changes. */
export const searchMapping = 2;

/** Different errors of one run that can be found. */
const mostErrors = 100;
/** Characters of an error's message that can be found. */
const longestMessage = 2_000;

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

/** What is to be found of a run. `pointers` may be newer than the header: the next document mends it. */
export function searchDocument(instance: Instance, pointers: readonly Pointer[]): SearchDocument {
  const { id, createdAt, sequence, definitionId, version, status, reference, attributes, reason, endedAt } =
    instance;
  const failures = [instance.error, ...pointers.map(({ error }) => error)].filter((error) => error !== null);
  const errors = new Set(reason === null ? [] : [cut(reason)]);
  for (const failure of failures) {
    if (errors.size >= mostErrors) break;
    errors.add(asText(failure));
  }
  return Object.freeze({
    id,
    createdAt,
    sequence,
    mapping: searchMapping,
    definitionId,
    version,
    status,
    reference,
    steps: Object.freeze([...new Set(pointers.map(({ stepKey }) => stepKey))].sort()),
    errors: Object.freeze([...errors]),
    attributes,
    endedAt,
  });
}

function asText({ type, code, message }: StepFailure): string {
  return `${type}${code === null ? "" : ` [${code}]`}: ${cut(message)}`;
}

function cut(text: string): string {
  return text.slice(0, longestMessage).toWellFormed();
}
