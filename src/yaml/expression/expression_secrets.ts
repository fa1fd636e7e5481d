import {
  ContextAccess,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
} from "@actions/expressions/ast";
import { nodesOf, type Syntax } from "./expression_syntax.ts";
import { TextProblem } from "./text_problem.ts";

/**
 * The first use of `secrets` in an expression of which it cannot be said that the value will be masked, or
 * `undefined`: all of them at once, one whose name is computed, and a part of one.
 */
export function misusedSecret({ root, offsets }: Syntax): TextProblem | undefined {
  const named = new Set<Expr>();
  const read = new Set<Expr>();
  for (const node of nodesOf(root)) {
    if (!(node instanceof IndexAccess)) continue;
    const base = ungrouped(node.expr);
    if (isSecrets(base) && node.index instanceof Literal) named.add(base);
    if (base instanceof IndexAccess && isSecrets(ungrouped(base.expr))) read.add(ungrouped(base.expr));
  }
  for (const node of nodesOf(root)) {
    if (node instanceof FunctionCall && node.functionName.lexeme.toLowerCase() === "fromjson") {
      for (const inner of nodesOf(node)) if (isSecrets(inner)) read.add(inner);
    }
  }
  for (const node of nodesOf(root)) {
    if (!isSecrets(node)) continue;
    const place = { offset: offsets.get(node.name)!, length: node.name.lexeme.length };
    if (!named.has(node)) {
      return new TextProblem("Cannot read the expression: a secret has to be named", {
        ...place,
        remedy: "Write secrets.NAME.",
      });
    }
    if (read.has(node)) {
      return new TextProblem("Cannot read the expression: a part of a secret would not be masked", {
        ...place,
        remedy: "Make the part a secret of its own, for instance by a command that prints it.",
      });
    }
  }
  return undefined;
}

function isSecrets(node: Expr): node is ContextAccess {
  return node instanceof ContextAccess && node.name.lexeme === "secrets";
}

function ungrouped(node: Expr): Expr {
  while (node instanceof Grouping) node = node.group;
  return node;
}
