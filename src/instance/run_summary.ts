import type { Instance, Pointer, StepFailure } from "./instance.ts";

/** Different errors of one run that a summary tells. */
export const mostErrors = 100;
/** Characters of each text of an error that it tells. */
export const longestText = 2_000;

/** What is told of a run without its data and those of its steps: it is short, however much the run has done. */
export interface RunSummary extends
  Pick<
    Instance,
    | "id"
    | "createdAt"
    | "sequence"
    | "definitionId"
    | "version"
    | "status"
    | "reference"
    | "attributes"
    | "reason"
    | "endedAt"
  > {
  /** Keys of the steps that have begun, each once, sorted. */
  readonly steps: readonly string[];
  /** Its error and those of its activations, each once, in the order of creation: the first 100. */
  readonly errors: readonly ToldFailure[];
}

/** What a summary tells of an error: of each text the first 2,000 characters. */
export type ToldFailure = Pick<StepFailure, "type" | "code" | "message">;

/** The beginning of a text, as far as it is told. */
export function cutText(text: string): string {
  return text.slice(0, longestText).toWellFormed();
}

/**
 * Makes a summary, frozen.
 *
 * @param header may hold more, which is left out
 * @param failures those of the run and of its activations, in that order
 */
export function runSummary(
  header: Omit<RunSummary, "steps" | "errors">,
  stepKeys: Iterable<string>,
  failures: Iterable<ToldFailure>,
): RunSummary {
  const { id, createdAt, sequence, definitionId, version, status, reference, attributes, reason, endedAt } =
    header;
  const errors = new Map<string, ToldFailure>();
  for (const { type, code, message } of failures) {
    if (errors.size === mostErrors) break;
    const told = { type: cutText(type), code: code && cutText(code), message: cutText(message) };
    errors.set(JSON.stringify(told), Object.freeze(told));
  }
  return Object.freeze({
    id,
    createdAt,
    sequence,
    definitionId,
    version,
    status,
    reference,
    attributes,
    reason,
    endedAt,
    steps: Object.freeze([...new Set(stepKeys)].sort()),
    errors: Object.freeze([...errors.values()]),
  });
}

/** The summary of a run with all its activations. */
export function summarize(instance: Instance, pointers: readonly Pointer[]): RunSummary {
  const failures = [instance.error, ...pointers.map(({ error }) => error)].filter((error) => error !== null);
  return runSummary(instance, pointers.map(({ stepKey }) => stepKey), failures);
}
