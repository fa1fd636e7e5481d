import { changeAttributes, noAttributes } from "../definition/attributes.ts";
import type { InvalidAttributesError } from "../definition/errors.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import { isTemplate } from "../definition/template.ts";
import { nodeAt } from "./node.ts";
import { plainConfig } from "./plain_config.ts";
import { type Compilation, stepScope } from "./step_scope.ts";

const path = ["workflow", "attributes"];

/**
 * The attributes that the runs of a file begin with: values, and templates of expressions. What is wrong with them is
 * added to the file's problems.
 */
export function compileAttributes(compilation: Compilation): JsonObject {
  const node = nodeAt(compilation.root, path);
  if (node?.kind !== "map") return {};
  // They are stored, and seen by whoever searches.
  const scope = stepScope({ ...compilation, secrets: null }, path);
  const attributes = plainConfig(node, scope) as JsonObject;
  for (const [name, value] of Object.entries(attributes)) {
    try {
      changeAttributes(noAttributes, { [name]: withoutTemplates(value ?? null) as never });
    } catch (error) {
      scope.problem([name], (error as InvalidAttributesError).message);
    }
  }
  return attributes;
}

/** What an expression gives is known at the start of a run. */
function withoutTemplates(value: JsonValue): JsonValue {
  if (isTemplate(value)) return "";
  return Array.isArray(value) ? value.map(withoutTemplates) : value;
}
