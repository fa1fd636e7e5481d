import type { ParseResult } from "@babel/parser";

/** A part of a script: UTF-16 code units from the start, the end excluded. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** A node of any type: what the walk needs to know of it. */
interface Node extends Span {
  readonly type: string;
  readonly computed?: boolean;
  readonly [key: string]: unknown;
}

/** Where, below which node, an identifier is a value that is read. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  ArrayExpression: ["elements"],
  ArrowFunctionExpression: ["body"],
  AssignmentExpression: ["right"],
  AssignmentPattern: ["right"],
  AwaitExpression: ["argument"],
  BinaryExpression: ["left", "right"],
  CallExpression: ["arguments"],
  ClassPrivateProperty: ["value"],
  ClassProperty: ["value"],
  ConditionalExpression: ["test", "consequent", "alternate"],
  DoWhileStatement: ["test"],
  ExpressionStatement: ["expression"],
  ForInStatement: ["right"],
  ForOfStatement: ["right"],
  ForStatement: ["init", "test", "update"],
  IfStatement: ["test"],
  LogicalExpression: ["left", "right"],
  MemberExpression: ["object"],
  NewExpression: ["arguments"],
  ObjectProperty: ["value"],
  OptionalCallExpression: ["arguments"],
  OptionalMemberExpression: ["object"],
  ReturnStatement: ["argument"],
  SequenceExpression: ["expressions"],
  SpreadElement: ["argument"],
  SwitchCase: ["test"],
  SwitchStatement: ["discriminant"],
  TSAsExpression: ["expression"],
  TSNonNullExpression: ["expression"],
  TSSatisfiesExpression: ["expression"],
  TemplateLiteral: ["expressions"],
  ThrowStatement: ["argument"],
  UnaryExpression: ["argument"],
  VariableDeclarator: ["init"],
  WhileStatement: ["test"],
  YieldExpression: ["argument"],
};

const REFUSED: readonly (readonly [type: RegExp, where: string])[] = [
  [/^(?:String|Directive)Literal$/, "inside a string"],
  [/^TemplateElement$/, "inside the text of a template"],
  [/^RegExpLiteral$/, "inside a regular expression"],
  [/^Import|^Export/, "in an import or export"],
  [/^(?:Labeled|Break|Continue)Statement$/, "as a label"],
  [/^(?:TS|TypeAnnotation)/, "inside a type"],
  [/^(?:Object|Class)(?:Property|Method)$|MemberExpression$/, "as the name of a property"],
  [
    /^(?:Assignment|Update)Expression$|Pattern$|^For(?:In|Of)|^VariableDeclarator$|^RestElement$/,
    "as a target",
  ],
];

/** What {@linkcode refusedAt} says of a place that has no name of its own. */
export const ELSEWHERE = "in this place";

/** Says where an identifier stands when that is no place for a value, else `undefined`. */
export function refusedAt(file: ParseResult, span: Span): string | undefined {
  const comment = file.comments?.find((comment) => holds(comment as unknown as Span, span));
  if (comment !== undefined) return "inside a comment";
  const path = pathTo(file.program as unknown as Node, span);
  const [node, key] = path.pop()!;
  const parent = path.at(-1)?.[0];
  const isIdentifier = node.type === "Identifier" && node.start === span.start && node.end === span.end;
  if (isIdentifier && parent !== undefined && isValue(parent, key, path)) {
    return evaluates(parent, node) ? "here, where its value would run as code," : undefined;
  }
  const near = isIdentifier && parent !== undefined ? parent : node;
  return REFUSED.find(([type]) => type.test(near.type))?.[1] ?? ELSEWHERE;
}

// The nodes that hold the span, outermost first, each with the key by which its parent holds it.
function pathTo(root: Node, span: Span): [node: Node, key: string][] {
  const path: [Node, string][] = [[root, ""]];
  for (;;) {
    const [node] = path.at(-1)!;
    const next = Object.entries(node)
      .flatMap(([key, child]) => [child].flat().map((node) => [node, key] as const))
      .find(([child]) => isNode(child) && holds(child, span));
    if (next === undefined) return path;
    path.push(next as [Node, string]);
  }
}

function isValue(parent: Node, key: string, path: readonly [Node, string][]): boolean {
  if (parent.computed === true && (key === "property" || key === "key")) return true;
  if (!VALUES[parent.type]?.includes(key)) return false;
  // The value of a property in a pattern is a target.
  return parent.type !== "ObjectProperty" || path.at(-2)?.[0].type === "ObjectExpression";
}

function evaluates(parent: Node, argument: Node): boolean {
  const callee = parent.callee as Node | undefined;
  const name = String(callee?.name ?? (callee?.property as Node | undefined)?.name);
  if (/^set(?:Timeout|Interval)$/.test(name)) return (parent.arguments as Node[])[0] === argument;
  return name === "eval" || name === "Function";
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

function holds(node: Span, span: Span): boolean {
  return node.start <= span.start && span.end <= node.end;
}
