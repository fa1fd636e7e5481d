import type { core } from "zod";
import type { SchemaIssue, StandardSchema } from "../definition/standard_schema.ts";
import { quoted } from "./format_problem.ts";
import { keySpanAt, type Node, nodeAt, type Path, spanAt } from "./node.ts";
import type { ProblemList } from "./problem_list.ts";
import { closest, suggest } from "./suggestion.ts";

/** What an issue of a schema is about. */
export interface Checked {
  /** The document. */
  readonly root: Node;
  /** Where in the document the checked value stands. */
  readonly base: Path;
  /** The schema that checked it. */
  readonly schema: StandardSchema;
  /** For an unknown key that belongs to another place: what to do instead. */
  readonly elsewhere?: (key: string) => string | undefined;
}

type Issue = core.$ZodIssue;

/**
 * Turns what a schema found into problems at the places of the file. An issue of zod 4 says what kind it is, and gets a
 * remedy; of one of another library the message is shown.
 */
export function reportIssues(issues: readonly SchemaIssue[], checked: Checked, problems: ProblemList): void {
  const isZod = zodOf(checked.schema) !== undefined;
  const flat = issues.flatMap((issue) => chooseBranch(asZodIssue(issue, isZod)));
  // A key that is missing because it is mistyped, or because the type is wrong, is one mistake and not two.
  const explained = new Set<string>();
  for (const issue of flat) {
    if (issue.code !== "unrecognized_keys") continue;
    const known = keysAt(zodOf(checked.schema), issue.path);
    for (const key of issue.keys) {
      const misplaced = checked.elsewhere?.(key);
      const span = keySpanAt(checked.root, [...checked.base, ...issue.path as Path, key])!;
      const remedy = misplaced ?? suggest(key, known, "keys");
      problems.add(span, `Cannot use the key ${quoted(key)} here: it is unknown`, remedy);
      for (const name of misplaced ? known : [closest(key, known)]) {
        explained.add([...issue.path, name].join("\0"));
      }
    }
  }
  for (const issue of flat) {
    if (issue.code === "unrecognized_keys") continue;
    const path = [...checked.base, ...issue.path as Path];
    const node = nodeAt(checked.root, path);
    if (node) report(issue, node, path, checked.root, problems);
    else if (!explained.has(issue.path.join("\0"))) reportMissing(path, checked.root, problems);
  }
}

/** Of other libraries, what else an issue has may mean something else. */
function asZodIssue(issue: SchemaIssue, isZod: boolean): Issue {
  const path = Array.from(issue.path ?? [], (segment) => typeof segment === "object" ? segment.key : segment);
  return { ...isZod ? issue : { message: issue.message }, path } as Issue;
}

function reportMissing(path: Path, root: Node, problems: ProblemList): void {
  const key = quoted(String(path.at(-1)));
  const parent = path.slice(0, -1);
  const span = keySpanAt(root, parent) ?? spanAt(root, parent);
  problems.add(span, `Cannot use ${nameOf(parent)}: the key ${key} is missing`, `Add ${key}.`);
}

function report(issue: Issue, node: Node, path: Path, root: Node, problems: ProblemList): void {
  const name = nameOf(path);
  if (issue.code === "invalid_key") {
    const inner = issue.issues[0];
    const why = inner?.message ?? issue.message;
    problems.add(keySpanAt(root, path)!, `Cannot use the key ${name}: ${why}`, remedyIn(inner));
    return;
  }
  const [why, remedy] = explain(issue, node);
  problems.add(spanAt(root, path), `Cannot use ${name}: ${why}, received ${describe(node)}`, remedy);
}

function explain(issue: Issue, node: Node): [why: string, remedy: string | undefined] {
  switch (issue.code) {
    case "invalid_type":
    case "invalid_value":
    case "invalid_union":
      return [`it must be ${expectation(issue)}`, typeRemedy(issue, node)];
    case "too_small":
    case "too_big":
      return [bound(issue), undefined];
    default:
      return [issue.message, remedyIn(issue)];
  }
}

function bound(issue: core.$ZodIssueTooSmall | core.$ZodIssueTooBig): string {
  const [word, limit] = issue.code === "too_small" ? ["at least", issue.minimum] : ["at most", issue.maximum];
  if (issue.origin === "array") return `it must have ${word} ${limit} item${limit === 1 ? "" : "s"}`;
  if (issue.origin !== "string") return `it must be ${word} ${limit}`;
  return limit === 1 ? "it must not be empty" : `it must have ${word} ${limit} characters`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "keys with values",
  record: "keys with values",
};

function expectation(issue: Issue): string {
  if (issue.code === "invalid_type") return typeNames[issue.expected] ?? issue.expected;
  if (issue.code === "invalid_value") return issue.values.map((value) => quoted(String(value))).join(" or ");
  if (issue.code !== "invalid_union") return issue.message;
  return [...new Set(issue.errors.flatMap((errors) => errors.slice(0, 1).map(expectation)))].join(" or ");
}

function typeRemedy(issue: Issue, node: Node): string | undefined {
  if (node.kind !== "scalar") return undefined;
  const expected = issue.code === "invalid_type" ? issue.expected : undefined;
  const isText = typeof node.value === "string";
  if (expected === "string" && node.value !== null) return `Quotes make it text: "${node.text}".`;
  if (expected === "array" && node.value !== null) return "Write a list: one line with a dash for each item.";
  if ((expected === "number" || expected === "int") && isText && /^\s*-?[\d.]+\s*$/.test(node.text)) {
    return "Write the number without quotes.";
  }
  if (expected === "boolean" && isText) return "Write true or false, without quotes.";
  const values = [issue, ...issue.code === "invalid_union" ? issue.errors.flat() : []]
    .flatMap((one) => one.code === "invalid_value" ? one.values.map(String) : []);
  const near = isText ? closest(node.text, values) : undefined;
  return near === undefined ? undefined : `Did you mean "${near}"?`;
}

function remedyIn(issue: Issue | undefined): string | undefined {
  const remedy = issue?.code === "custom" ? issue.params?.remedy : undefined;
  return typeof remedy === "string" ? remedy : undefined;
}

/** Of a union, the issues of the alternative that the value was meant for: the one whose outermost type fits. */
function chooseBranch(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const meant = issue.errors.find((errors) =>
    errors.every((one) => one.path.length > 0 || one.code === "unrecognized_keys")
  );
  return meant?.flatMap((one) => chooseBranch({ ...one, path: [...issue.path, ...one.path] })) ?? [issue];
}

function nameOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return "the document";
  return typeof last === "number" ? `item ${last + 1} of ${nameOf(path.slice(0, -1))}` : quoted(last);
}

function describe(node: Node): string {
  if (node.kind === "map") return node.entries.size === 0 ? "{}" : "keys with values";
  if (node.kind === "list") return node.items.length === 0 ? "an empty list" : "a list";
  if (node.value === null) return "nothing";
  return typeof node.value === "string" ? quoted(node.value) : node.text;
}

/** The keys that a schema knows, where it is one of zod 4. */
export function keysOf(schema: StandardSchema): string[] {
  return keysAt(zodOf(schema), []);
}

function zodOf(schema: StandardSchema): core.$ZodType | undefined {
  return "_zod" in schema ? schema as unknown as core.$ZodType : undefined;
}

function keysAt(schema: core.$ZodType | undefined, path: readonly PropertyKey[]): string[] {
  if (!schema) return [];
  const { def } = schema._zod as core.$ZodTypes["_zod"];
  const [step, ...rest] = path;
  switch (def.type) {
    case "object":
      if (step === undefined) return Object.keys(def.shape);
      return def.shape[String(step)] ? keysAt(def.shape[String(step)]!, rest) : [];
    case "array":
      return keysAt(def.element, rest);
    case "record":
      return keysAt(def.valueType, rest);
    case "optional":
    case "nullable":
    case "default":
      return keysAt(def.innerType, path);
    case "pipe":
      return keysAt(def.in, path);
    case "union":
      return def.options.flatMap((option) => keysAt(option, path));
    default:
      return [];
  }
}
