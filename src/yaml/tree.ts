import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node as YamlNode,
  type Pair,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { quoted } from "./format_problem.ts";
import type { Entry, Node, ScalarNode, ScalarStyle } from "./node.ts";
import type { ProblemList } from "./problem_list.ts";
import type { Span } from "./source.ts";

/** Turns a composed YAML node into our own tree; what a workflow cannot use goes to `problems`. */
export function buildTree(root: YamlNode, problems: ProblemList): Node {
  return new TreeBuilder(problems).node(root);
}

const styles: Readonly<Record<string, ScalarStyle>> = {
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "block",
  BLOCK_FOLDED: "block",
};

/** Keys that mean something else to JavaScript. */
const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

class TreeBuilder {
  readonly #problems: ProblemList;
  /** Anchored nodes that are complete; `undefined` while one is being built. */
  readonly #anchors = new Map<string, Node | undefined>();

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  node(yaml: YamlNode): Node {
    if (isAlias(yaml)) return this.#alias(yaml.source, spanOf(yaml));
    const anchor = "anchor" in yaml ? yaml.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const node = isScalar(yaml) ? this.#scalar(yaml) : this.#collection(yaml);
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #collection(yaml: YamlNode): Node {
    if (isMap(yaml)) return this.#map(yaml as YAMLMap<YamlNode | null, YamlNode | null>);
    const items = isSeq(yaml) ? yaml.items.map((item) => this.node(item as YamlNode)) : [];
    return { kind: "list", items, size: sizeOf(items), ...spanOf(yaml) };
  }

  #map(yaml: YAMLMap<YamlNode | null, YamlNode | null>): Node {
    const entries = new Map<string, Entry>();
    for (const pair of yaml.items) {
      const keySpan = pair.key ? spanOf(pair.key) : { start: spanOf(yaml).start, end: spanOf(yaml).start };
      const key = this.#key(pair, keySpan);
      const value = pair.value ? this.node(pair.value) : nothing(keySpan.end);
      if (key === undefined) continue;
      const earlier = entries.get(key);
      if (earlier) {
        this.#problems.addTwice(keySpan, earlier.key, `the key ${quoted(key)}`);
      } else {
        entries.set(key, { key: keySpan, value });
      }
    }
    const size = sizeOf(Array.from(entries.values(), (entry) => entry.value)) + entries.size;
    return { kind: "map", entries, size, ...spanOf(yaml) };
  }

  #key(pair: Pair<YamlNode | null, YamlNode | null>, span: Span): string | undefined {
    if (!isScalar(pair.key)) {
      this.#problems.add(span, "Cannot use this key: it must be a single text", "Write the key out.");
      return undefined;
    }
    const { text } = this.#scalar(pair.key);
    if (text === "") {
      this.#problems.add(span, "Cannot use this key: it is empty", "Write a name before the colon.");
    } else if (text === "<<") {
      this.#problems.add(
        span,
        "Cannot use the key <<: merge keys are not part of YAML 1.2",
        "Write the keys out, or use an alias for the whole mapping.",
      );
    } else if (forbiddenKeys.has(text)) {
      this.#problems.add(
        span,
        `Cannot use the key ${quoted(text)}: JavaScript gives it a meaning of its own`,
      );
    } else {
      return text;
    }
    return undefined;
  }

  #scalar(yaml: Scalar): ScalarNode {
    const span = spanOf(yaml);
    const value = yaml.value as ScalarNode["value"];
    const text = yaml.source ?? "";
    if (typeof value === "number") this.#checkNumber(value, text, span);
    if (typeof value === "string" && (!value.isWellFormed() || value.includes("\0"))) {
      this.#problems.add(
        span,
        "Cannot use this text: it holds NUL or half a character",
        "Delete the escape.",
      );
    }
    return { kind: "scalar", value, text, style: styles[yaml.type ?? ""] ?? "plain", size: 1, ...span };
  }

  #checkNumber(value: number, text: string, span: Span): void {
    const why = !Number.isFinite(value)
      ? "it is not finite"
      : Number.isInteger(value) && !Number.isSafeInteger(value)
      ? "it is beyond 2^53 and would be rounded"
      : undefined;
    if (why) {
      this.#problems.add(span, `Cannot use this number: ${why}, received ${text}`, "Quotes make it text.");
    }
  }

  #alias(name: string, span: Span): Node {
    const node = this.#anchors.get(name);
    if (node) return node;
    if (this.#anchors.has(name)) {
      this.#problems.add(span, `Cannot use the alias *${name}: it stands inside the value it names`);
    } else {
      this.#problems.add(span, `Cannot use the alias *${name}: no anchor &${name} stands before it`);
    }
    return nothing(span.start);
  }
}

function spanOf(yaml: YamlNode): Span {
  const [start, end] = yaml.range ?? [0, 0];
  return { start, end };
}

function sizeOf(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + node.size, 1);
}

function nothing(offset: number): ScalarNode {
  return { kind: "scalar", value: null, text: "", style: "plain", size: 1, start: offset, end: offset };
}
