import { z } from "zod";
import { ErrorBehavior, type ErrorPolicy } from "../definition/error_behavior.ts";
import { bytesOf } from "../definition/bytes_of.ts";
import { longestText } from "../definition/check_text.ts";
import { parseDuration } from "../definition/duration.ts";
import { shortestTtl } from "../definition/lock.ts";
import { idRule, isValidId } from "../definition/validate.ts";
import { isFilePath } from "./step_file.ts";

/** What a `refine` says when its check fails: `why` completes "Cannot use "key": …", `remedy` is a sentence. */
export function must(why: string, remedy: string): { error: string; params: { remedy: string } } {
  return { error: why, params: { remedy } };
}

/** An id. */
export const idField: z.ZodType<string> = z.string().refine(
  isValidId,
  must(
    `it must have ${idRule}`,
    "Choose an id like deploy-pipeline; it names records and appears in commands.",
  ),
);

const longestName = 128;

/** A name for people, on one line. */
export const nameField: z.ZodType<string> = z.string().refine(
  (name) => isPlainLine(name) && name.length <= longestName && !name.includes("${{"),
  must(
    `it must be text on one line, of 1 to ${longestName} characters, without an expression`,
    "Choose a short name; blanks around it and control characters are not allowed.",
  ),
);

/** A lock as a file says it. */
export interface LockField {
  /** What is locked, with its expressions. */
  readonly name: string;
  /** Milliseconds without a sign of life after which it is free. */
  readonly ttl?: number;
  /** Milliseconds to wait for it. */
  readonly wait?: number;
}

const lockNameRule = must(
  `it must be text on one line, of 1 to ${longestText} bytes in UTF-8`,
  'Choose a name of what only one step may use at a time, like "deploy ${{ var.target }}".',
);

function isLockName(name: string): boolean {
  return isPlainLine(name) && (name.includes("${{") || bytesOf(name) <= longestText);
}

function isPlainLine(text: string): boolean {
  return text !== "" && text.trim() === text && !/\p{C}|\u2028|\u2029/u.test(text);
}

/** A duration, as milliseconds. */
export const durationField: z.ZodType<number> = z.unknown().refine(
  (value) => typeof value === "string" && isDuration(value),
  must(
    "it must be a duration longer than zero and at most ten years",
    'Write a number and a unit (ms, s, m, h, d), like "30s" or "1h30m".',
  ),
).transform((value) => parseDuration(value as string));

function isDuration(text: string): boolean {
  try {
    return parseDuration(text) > 0;
  } catch {
    return false;
  }
}

/** A lock: its name, or keys with values. */
export const lockField: z.ZodType<LockField> = z.union([
  z.string(),
  z.strictObject({
    name: z.string().refine(isLockName, lockNameRule),
    ttl: durationField.refine(
      (ttl) => ttl >= shortestTtl,
      must("it must be a second or longer", "It is renewed in a third of that: write 30s, or leave it out."),
    ).exactOptional(),
    wait: durationField.exactOptional(),
  }),
]).refine((lock) => typeof lock !== "string" || isLockName(lock), lockNameRule)
  .transform((lock) => typeof lock === "string" ? { name: lock } : lock);

/** Text, also where YAML reads a number or a truth value from it. */
export const scalarField: z.ZodType<string | number | boolean> = z.union([
  z.string(),
  z.number(),
  z.boolean(),
]);

/** The path of a file that is read when the workflow is loaded. */
export const filePathField: z.ZodType<string> = z.string().refine(
  isFilePath,
  must(
    "it must be the path of a file, without an expression: it is read before any run begins",
    "Write a path relative to the workflow file, like ./build.sh; hand values over by `env`.",
  ),
);

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The name of an environment variable. */
export const environmentNameField: z.ZodType<string> = z.string().refine(
  (name) => variableName.test(name),
  must("it must be the name of a variable: letters, digits and _", "Write the name alone, like HOME."),
);

/** The name of an output: it becomes a key of the workflow's data. */
export const outputNameField: z.ZodType<string> = z.string().refine(
  (name) => /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/.test(name),
  must("it must begin with a letter or _, then letters, digits, _ or -", "Choose a name like build_id."),
);

const outcomes = ["fail", "suspend", "terminate"] as const;

const retrySchema = z.strictObject({
  max_retries: z.int().min(0).exactOptional(),
  interval: durationField.exactOptional(),
  backoff: z.number().min(1).exactOptional(),
  max_interval: durationField.exactOptional(),
  jitter: z.number().min(0).max(1).exactOptional(),
  then: z.enum(outcomes).exactOptional(),
});

/** What happens when a step fails. */
export const errorPolicyField: z.ZodType<ErrorPolicy> = z.union([
  z.enum(outcomes).transform((outcome) => ErrorBehavior[outcome]()),
  z.strictObject({ retry: retrySchema }).transform(({ retry }): ErrorPolicy => {
    const { max_retries, max_interval, ...options } = retry;
    return ErrorBehavior.retry({
      ...options,
      ...(max_retries !== undefined && { maxRetries: max_retries }),
      ...(max_interval !== undefined && { maxInterval: max_interval }),
    });
  }),
]);
