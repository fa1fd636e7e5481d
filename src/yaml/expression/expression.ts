import { Evaluator } from "@actions/expressions";
import type { JsonObject, JsonValue } from "../../definition/json.ts";
import { closest, suggest } from "../suggestion.ts";
import { fromExpressionData, fromJson, toDictionary } from "./expression_data.ts";
import { ExpressionError } from "./expression_error.ts";
import { nodesOf, parseExpression, pathOf, type Syntax } from "./expression_syntax.ts";
import { misusedSecret } from "./expression_secrets.ts";
import { scanExpressions } from "./scan.ts";
import { TextProblem } from "./text_problem.ts";

/** What is known of a run when its workflow is loaded. */
export interface KnownNames {
  /** Names of the run's variables. */
  readonly vars: readonly string[];
  /** Names of the workflow's secrets; null where none may be read, for what comes out is stored. */
  readonly secrets?: readonly string[] | null;
}

/** What an expression can read. */
export interface ExpressionScope {
  /** The run's variables. */
  readonly var: JsonObject;
  /** The workflow's data, with the outputs of earlier steps. */
  readonly data: JsonObject;
  /** The run: its id, and 1 plus the number of times it was retried as a whole. */
  readonly run: { readonly id: string; readonly attempt: number };
  /** Values of the workflow's secrets. */
  readonly secrets?: { readonly [name: string]: string };
}

const RUN = ["id", "attempt"];
const OWN_FUNCTIONS = new Map([["fromjson", fromJson]]);

/**
 * Checks what can be known of an expression before it runs: its syntax, contexts, functions, and the names below
 * `var`, `run` and `secrets`. What is below `data` is known only when it runs.
 *
 * @returns the problem, with offsets in `source`, or `undefined`.
 */
export function checkExpression(source: string, known: KnownNames): TextProblem | undefined {
  let syntax: Syntax;
  try {
    syntax = parseExpression(source);
  } catch (error) {
    if (error instanceof TextProblem) return error;
    throw error;
  }
  for (const node of nodesOf(syntax.root)) {
    const path = pathOf(node);
    const [context, name, ...rest] = path?.keys ?? [];
    if (path === undefined || name === undefined || rest.length > 0 || context === "data") continue;
    const [names, what, remedy] = namesBelow(context, name, known);
    if (names.includes(name)) continue;
    return new TextProblem(`Cannot read the expression: ${what}`, {
      offset: syntax.offsets.get(path.last)!,
      length: path.last.lexeme.length,
      remedy: remedy !== undefined && closest(name, names) === undefined
        ? remedy
        : suggest(name, names, "names"),
    });
  }
  return misusedSecret(syntax);
}

/** What there is below a context, what it says that a name is missing there, and the remedy where there is one. */
function namesBelow(
  context: string | undefined,
  name: string,
  known: KnownNames,
): readonly [names: readonly string[], what: string, remedy?: string] {
  if (context === "var") {
    const remedy = `Give it with --var ${name}=VALUE, or in the configuration.`;
    return [known.vars, `the variable "${name}" is not defined`, remedy];
  }
  if (context !== "secrets") return [RUN, `a run has no "${name}"`];
  if (known.secrets === null) {
    const what = `the secret "${name}" cannot be read here: what comes out is stored, and seen`;
    return [[], what, "Leave it out: use a variable, or data."];
  }
  const remedy = `Say where it comes from, below \`workflow\`: secrets: { ${name}: { env: ${name} } }.`;
  return [known.secrets ?? [], `the workflow has no secret "${name}"`, remedy];
}

/**
 * Checks every expression of a text as {@linkcode checkExpression} does.
 *
 * @returns the problems, with offsets in `text`.
 */
export function checkExpressions(text: string, known: KnownNames): TextProblem[] {
  try {
    return scanExpressions(text).flatMap(({ source, sourceOffset }) => {
      const problem = checkExpression(source, known);
      return problem === undefined ? [] : [problem.within(sourceOffset)];
    });
  } catch (error) {
    if (error instanceof TextProblem) return [error];
    throw error;
  }
}

/**
 * The value of an expression of GitHub's expression language. Keys are found by their exact name, never by
 * another spelling or on a prototype; texts are compared without regard to case, as the language says.
 *
 * @throws {ExpressionError} when it is a plain path, such as `data.a.b`, to what does not exist (inside a larger
 * expression that is null: `data.a || 'none'`), when a function refuses its arguments, or when the result has no
 * JSON form.
 */
export function evaluateExpression(source: string, scope: ExpressionScope): JsonValue {
  try {
    const { root } = parseExpression(source);
    const path = pathOf(root);
    if (path !== undefined) return follow(path.keys, scope, source);
    const contexts = toDictionary(contextsOf(scope));
    return fromExpressionData(new Evaluator(root, contexts, OWN_FUNCTIONS).evaluate());
  } catch (error) {
    if (error instanceof ExpressionError) throw error;
    throw new ExpressionError(source, (error as Error).message, { cause: error });
  }
}

function follow(keys: readonly string[], scope: ExpressionScope, source: string): JsonValue {
  let value: JsonValue = contextsOf(scope);
  let path = "";
  for (const key of keys) {
    const next: JsonValue | undefined = memberOf(value, key);
    if (next === undefined) throw new ExpressionError(source, missing(value, key, path));
    value = next;
    path = join(path, key);
  }
  return value;
}

function contextsOf({ var: vars, data, run, secrets = {} }: ExpressionScope): JsonObject {
  return { var: vars, data, run, secrets };
}

function memberOf(value: JsonValue, key: string): JsonValue | undefined {
  if (value === null || typeof value !== "object") return undefined;
  if (Array.isArray(value) && !/^\d+$/.test(key)) return undefined;
  return Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
}

function missing(value: JsonValue, key: string, path: string): string {
  if (Array.isArray(value)) return `${path} has ${value.length} items, and none is "${key}"`;
  if (value === null || typeof value !== "object") {
    return `${path} has no "${key}", because it is ${value === null ? "null" : `a ${typeof value}`}`;
  }
  const near = closest(key, Object.keys(value));
  return near === undefined
    ? `${path} has no "${key}"; where it may be missing, say what stands for it: ${join(path, key)} || 'none'`
    : `${path} has no "${key}", did you mean "${near}"?`;
}

function join(path: string, key: string): string {
  if (path === "") return key;
  return /^[A-Za-z_][\w-]*$/.test(key) ? `${path}.${key}` : `${path}['${key.replaceAll("'", "''")}']`;
}
