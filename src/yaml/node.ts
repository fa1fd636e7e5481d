import type { Span } from "./source.ts";

/** A node of a YAML document: what its text says, and where. An aliased node stands in several places. */
export type Node = MapNode | ListNode | ScalarNode;

/** Keys with values, in the order of the file. */
export interface MapNode extends Span {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
  /** Nodes in it and below, aliased ones counted wherever they stand. */
  readonly size: number;
}

/** One key and its value. */
export interface Entry {
  /** Where the key stands. */
  readonly key: Span;
  readonly value: Node;
}

/** Values in a row. */
export interface ListNode extends Span {
  readonly kind: "list";
  readonly items: readonly Node[];
  /** Nodes in it and below, aliased ones counted wherever they stand. */
  readonly size: number;
}

/** A single value. */
export interface ScalarNode extends Span {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** The value as it is written, before YAML reads a number or truth value from it: `007`, `1.10`. */
  readonly text: string;
  readonly style: ScalarStyle;
  readonly size: 1;
}

/** How a scalar is written. */
export type ScalarStyle = "plain" | "single" | "double" | "block";

/** Steps from a node to one below it: keys and positions. */
export type Path = readonly (string | number)[];

/** The node at `path` below `node`, if there is one. */
export function nodeAt(node: Node, path: Path): Node | undefined {
  return path.reduce<Node | undefined>((at, step) => {
    if (at?.kind === "map") return at.entries.get(String(step))?.value;
    return at?.kind === "list" ? at.items[Number(step)] : undefined;
  }, node);
}

/** Where a reader looks for what is at `path`: its value, or its key when the value is empty. */
export function spanAt(node: Node, path: Path): Span {
  const found = nodeAt(node, path);
  return found && found.end > found.start ? found : keySpanAt(node, path) ?? node;
}

/** Where the key of what is at `path` stands; for items of a list, where the item begins. */
export function keySpanAt(node: Node, path: Path): Span | undefined {
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const parent = nodeAt(node, path.slice(0, -1));
  if (parent?.kind === "map") return parent.entries.get(String(last))?.key;
  return parent?.kind === "list" ? begin(parent.items[Number(last)]) : undefined;
}

/** The first key of a mapping, else the beginning of the node. */
export function begin(node: Node | undefined): Span | undefined {
  if (node?.kind !== "map") return node;
  const [first] = node.entries.values();
  return first?.key ?? { start: node.start, end: node.start + 1 };
}

/** The plain value of a node. */
export function toPlain(node: Node): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toPlain);
  return Object.fromEntries(Array.from(node.entries, ([key, entry]) => [key, toPlain(entry.value)]));
}
