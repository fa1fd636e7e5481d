/**
 * A text with expressions in it, as it is stored in a definition: plain JSON. A text without any is a string, and
 * is never looked at for expressions again, so that a value that contains `${{` stays text.
 */
export type Template = string | TemplateParts;

/** The pieces of a text with expressions, in order: text, and sources of expressions. */
export type TemplateParts = {
  /** At least one is an expression. */
  readonly template: readonly (string | { readonly expression: string })[];
};

/** Whether a value of a step's `config` is a text with expressions, the value of which is known when the step runs. */
export function isTemplate(value: unknown): value is TemplateParts {
  if (!isObject(value) || Object.keys(value).join() !== "template") return false;
  const { template } = value;
  return Array.isArray(template) && template.some(isExpression) &&
    template.every((part) => typeof part === "string" || isExpression(part));
}

function isExpression(part: unknown): boolean {
  return isObject(part) && Object.keys(part).join() === "expression" && typeof part.expression === "string";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
