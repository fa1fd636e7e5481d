import type { JsonValue } from "./json.ts";
import { placeOf, type SchemaIssue, type SchemaResult, type StandardSchema } from "./standard_schema.ts";
import { isTemplate } from "./template.ts";

/**
 * What a schema says of the `config` of a step before the step runs: where an expression stands, any value may come,
 * so that what the schema finds there is left out.
 *
 * @throws {TypeError} when the schema does not answer at once
 */
export function checkConfig<Output>(
  schema: StandardSchema<unknown, Output>,
  config: JsonValue,
): SchemaResult<Output> {
  const result = checkAtOnce(schema, config);
  return result.issues
    ? { issues: result.issues.filter((issue) => !standsAtExpression(config, issue)) }
    : result;
}

/** What is wrong with the `config` of a step, a sentence each. */
export function configProblems(schema: StandardSchema, config: JsonValue, step: string): readonly string[] {
  const { issues = [] } = checkConfig(schema, config);
  return issues.map((issue) => `step "${step}": ${placeOf(issue, "config")}: ${issue.message}`);
}

/**
 * Asks a schema, without waiting.
 *
 * @throws {TypeError} when it does not answer at once
 */
export function checkAtOnce<Output>(
  schema: StandardSchema<unknown, Output>,
  value: unknown,
): SchemaResult<Output> {
  const result = schema["~standard"].validate(value);
  if (!(result instanceof Promise)) return result;
  result.catch(() => {});
  throw new TypeError(
    "Cannot check a config by this schema: it answers by a promise; leave asynchronous checks to the step's body",
  );
}

function standsAtExpression(config: JsonValue, { path = [] }: SchemaIssue): boolean {
  let value: unknown = config;
  for (const segment of path) {
    if (isTemplate(value)) return true;
    const key = typeof segment === "object" ? segment.key : segment;
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  }
  return isTemplate(value);
}
