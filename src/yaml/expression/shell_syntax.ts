import { forEachChild, parse, type ParseError, type SyntaxNode } from "unbash";

/** A part of a shell text: UTF-16 code units from the start, the end excluded. */
export interface Span {
  readonly pos: number;
  readonly end: number;
}

/** A node with its ancestors, outermost first. */
export type Chain = readonly SyntaxNode[];

/** A shell text as it was parsed. */
export interface ShellSyntax {
  /** Every node, a parent before its children. */
  readonly nodes: readonly SyntaxNode[];
  /** What the parser could not read. */
  readonly errors: readonly ParseError[];
  /** For each span that was asked for, the innermost nodes that hold it: one, unless the parser was confused. */
  readonly chains: readonly (readonly Chain[])[];
}

/** Parses a shell text and finds the nodes that hold the given parts of it. */
export function parseShell(text: string, spans: readonly Span[]): ShellSyntax {
  const nodes: SyntaxNode[] = [];
  const errors: ParseError[] = [];
  const chains: Chain[][] = spans.map(() => []);
  const open: SyntaxNode[] = [];

  // The body of a heredoc lies outside its command's range, so no subtree can be skipped by position.
  function visit(node: SyntaxNode): Set<number> {
    nodes.push(node);
    open.push(node);
    if (node.type === "Script") errors.push(...(node.errors ?? []));
    const below = new Set<number>();
    if (!isBacktick(node)) {
      forEachChild(node, (child) => visit(child).forEach((index) => below.add(index)));
    }
    spans.forEach((span, index) => {
      if (below.has(index) || !holds(node, span)) return;
      chains[index]!.push([...open]);
      below.add(index);
    });
    open.pop();
    return below;
  }

  visit(parse(text));
  return { nodes, errors, chains };
}

/** A node and all below it, also in backticks, a parent before its children. */
export function descendants(
  node: SyntaxNode,
  onChild: (child: SyntaxNode, parent: SyntaxNode) => void = () => {},
): SyntaxNode[] {
  const nodes: SyntaxNode[] = [];
  function visit(node: SyntaxNode): void {
    nodes.push(node);
    forEachChild(node, (child) => {
      onChild(child, node);
      visit(child);
    });
  }
  visit(node);
  return nodes;
}

/** Whether a node's range holds a span. */
export function holds(node: SyntaxNode, span: Span): boolean {
  return node.pos <= span.pos && span.end <= node.end;
}

/** Whether a node is a `` `…` ``, inside which positions may be those of another, decoded text. */
export function isBacktick(node: SyntaxNode): boolean {
  return node.type === "CommandExpansion" && node.text.startsWith("`");
}
