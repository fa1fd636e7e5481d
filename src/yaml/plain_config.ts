import type { JsonValue } from "../definition/json.ts";
import { compileTemplate } from "./expression/template.ts";
import { type Node, type Path, toPlain } from "./node.ts";
import type { StepScope } from "./step_type.ts";

/** Stands for a text whose expressions are wrong, which has been reported: nothing more is said of it. */
const wrong = { template: [{ expression: "null" }] };

/**
 * A `config` as it is written, for types that have no compiler of their own: each text that has expressions becomes a
 * template.
 */
export function plainConfig(node: Node, scope: StepScope): JsonValue {
  const visit = (node: Node, path: Path): JsonValue => {
    if (node.kind === "list") return node.items.map((item, index) => visit(item, [...path, index]));
    if (node.kind === "map") {
      return Object.fromEntries(
        Array.from(node.entries, ([key, { value }]) => [key, visit(value, [...path, key])]),
      );
    }
    if (typeof node.value !== "string" || !node.value.includes("${{")) return toPlain(node) as JsonValue;
    return scope.compile(path, compileTemplate) ?? wrong;
  };
  return visit(node, []);
}
