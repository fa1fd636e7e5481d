import type { Command, CommandArgument, Word } from "unbash";
import { holds, type Span } from "./shell_syntax.ts";

/** A word of a command, as far as it can be known before the command runs. */
export interface Argument {
  readonly node: CommandArgument;
  /** What the word will be, when it holds neither an expression nor an expansion. */
  readonly literal: string | undefined;
  /** Whether an expression stands in it, at any depth. */
  readonly filled: boolean;
}

/** The words of a command, its name the first. */
export function argumentsOf(command: Command, spans: readonly Span[]): Argument[] {
  const nodes = command.name === undefined ? [] : [command.name, ...command.args];
  return nodes.map((node) => {
    const filled = spans.some((span) => holds(node, span));
    return { node, filled, literal: node.type === "Word" && !filled ? literalOf(node) : undefined };
  });
}

/** Where the name of a command stands: `command eval …` and `builtin eval …` are eval. */
export function nameIndex(words: readonly Argument[]): number {
  let index = 0;
  while (["builtin", "command"].includes(words[index]?.literal ?? "")) {
    index++;
    while (words[index]?.literal?.startsWith("-")) index++;
  }
  return index;
}

function literalOf(word: Word): string | undefined {
  const literal = (word.parts ?? []).every((part) =>
    part.type === "DoubleQuoted"
      ? part.parts.every(({ type }) => type === "Literal")
      : part.type === "Literal" || part.type === "SingleQuoted" || part.type === "AnsiCQuoted"
  );
  return literal ? word.value : undefined;
}
