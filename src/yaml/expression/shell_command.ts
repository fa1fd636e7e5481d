import type { Command, SyntaxNode, Word } from "unbash";
import { EVALUATED, isShellCode } from "./shell_program.ts";
import type { Span } from "./shell_syntax.ts";
import { type Argument, argumentsOf, nameIndex } from "./shell_words.ts";

const EVALUATED_ASSIGNMENT = new RegExp(`^(?:${EVALUATED})\\+?=`);

/** Builtins that take their words as code, arithmetic, names, or options that do so. */
const EVALUATING = new Set(
  "alias bind compgen complete eval getopts let mapfile read readarray trap unset wait".split(" "),
);
const DECLARING = new Set(["declare", "export", "local", "readonly", "typeset"]);
/**
 * Why an expression may not stand in `child`, a direct child of `command`: bash, or a shell that the command starts,
 * would evaluate its value. `undefined` when it may, as far as can be seen before the command runs.
 */
export function evaluates(command: Command, child: SyntaxNode, spans: readonly Span[]): string | undefined {
  const words = argumentsOf(command, spans);
  const at = words.findIndex(({ node }) => node === child);
  const start = nameIndex(words);
  const name = words[start]?.literal ?? "";
  if (at === -1) return undefined;
  if (EVALUATED_ASSIGNMENT.test(child.type === "Word" ? unquoted(child) : "")) {
    return "bash evaluates the value of this variable";
  }
  if (at <= start) return undefined;
  if (words[start]!.filled && !words[start]!.node.text.includes("/")) {
    return "the value of the command's name could be `eval`";
  }
  if (DECLARING.has(name) && child.type === "Assignment" && child.value.type === "ArrayValue") {
    return undefined;
  }
  if (EVALUATING.has(name)) return `\`${name}\` evaluates its words`;
  if (DECLARING.has(name) && name !== "export" && name !== "readonly") {
    return `\`${name}\` evaluates a value that looks like an array; assign it on a line of its own`;
  }
  const rest = words.slice(start + 1);
  const index = at - start - 1;
  if (name === "export" || name === "readonly") {
    if (child.type === "Assignment" && rest.slice(0, index).every(isPlainDeclaration)) return undefined;
    return `\`${name}\` evaluates its words, other than the value after a literal NAME=`;
  }
  if (name === "printf" && couldBePrintfName(rest, index, spans)) {
    return "`printf -v` evaluates the next word";
  }
  if ((name === "test" || name === "[") && couldBeTestedName(rest, index)) {
    return `\`${name} -v\` evaluates the next word`;
  }
  return isShellCode(words, at) ? "a shell would run it as code" : undefined;
}

/** Why no expression may stand in a script that holds this command, or `undefined`. */
export function endangers(command: Command): string | undefined {
  const words = argumentsOf(command, []);
  const start = nameIndex(words);
  const name = words[start]?.literal ?? "";
  if (name === "alias") return "`alias` changes what the words of the script mean";
  if (!DECLARING.has(name)) return undefined;
  const option = words.slice(start + 1).find(({ literal }) => /^[-+][A-Za-z]*[in]/.test(literal ?? ""))
    ?.literal;
  if (option === undefined || (name === "export" && option === "-n")) return undefined;
  return `\`${name} ${option}\` makes a variable whose values bash evaluates`;
}

function unquoted(word: Word): string {
  return word.text.replaceAll(/["'\\]/g, "");
}

// `export -a x=…` would evaluate the value; without options it does not, even when x is an array.
function isPlainDeclaration({ node, literal }: Argument): boolean {
  return node.type === "Assignment" || /^(?:--|\w+)$/.test(literal ?? "");
}

// The name that `-v` sets, or a word before the format that could be `-v` itself.
function couldBePrintfName(rest: readonly Argument[], index: number, spans: readonly Span[]): boolean {
  let format = 0;
  for (
    let option = rest[0]!.literal;
    option?.startsWith("-") && option !== "--";
    option = rest[format]?.literal
  ) {
    format += option === "-v" ? 2 : 1;
  }
  if (index !== format) return index < format || rest[format]!.literal === undefined;
  const { node } = rest[index]!;
  const start = /^["']*/.exec(node.text)![0].length;
  return /^[-$`\\]/.test(node.text.slice(start)) || spans.some(({ pos }) => pos === node.pos + start);
}

// Two neighbours of which neither is known could be `-v` and its operand.
function couldBeTestedName(rest: readonly Argument[], index: number): boolean {
  const before = index === 0 ? "" : rest[index - 1]!.literal;
  const after = index + 1 === rest.length ? "" : rest[index + 1]!.literal;
  return before === undefined || after === undefined || before === "-v" || before === "-R";
}
