import { InvalidInputError } from "./errors.ts";

/**
 * A schema of any library that keeps to Standard Schema 1 (https://standardschema.dev), such as zod, Valibot or
 * ArkType. Only what the engine uses of it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** Where the standard has its place in the library's object. */
  readonly "~standard": StandardSchemaProperties<Input, Output>;
}

/** What the standard asks of a schema. */
export interface StandardSchemaProperties<Input = unknown, Output = Input> {
  /** Version of the standard. */
  readonly version: 1;
  /** Name of the library. */
  readonly vendor: string;
  /** Checks a value. */
  readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  /** Never there: carries the types at compile time. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** What a schema says of a value: the value as the schema gives it on, or what is wrong. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** What is wrong with a value. */
export interface SchemaIssue {
  /** In words. */
  readonly message: string;
  /** Keys that lead to the place. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Checks a value by a schema and returns it as the schema gives it on, for instance with its defaults.
 *
 * @param what names the value in errors, like `data`
 * @throws {InvalidInputError} listing everything that is wrong, with its place
 */
export async function checkInput<Output>(
  schema: StandardSchema<unknown, Output>,
  value: unknown,
  what: string,
): Promise<Output> {
  const result = await schema["~standard"].validate(value);
  if (!result.issues) return result.value;
  throw new InvalidInputError(
    what,
    result.issues.map((issue) => `${placeOf(issue, what)}: ${issue.message}`),
  );
}

/** Names the place of an issue for people, like `data.items[3]`, where `what` names the whole. */
export function placeOf({ path = [] }: SchemaIssue, what: string): string {
  return path.reduce<string>((place, segment) => {
    const key = typeof segment === "object" ? segment.key : segment;
    return typeof key === "number" ? `${place}[${key}]` : `${place}.${String(key)}`;
  }, what);
}
