import type { Command, CommandArgument, SyntaxNode, Word } from "unbash";
import { holds, type Span } from "./shell_syntax.ts";

/** A word of a command, as far as it can be known before the command runs. */
interface Argument {
  readonly node: CommandArgument;
  /** What the word will be, when it holds neither an expression nor an expansion. */
  readonly literal: string | undefined;
  /** Whether an expression stands in it, at any depth. */
  readonly filled: boolean;
}

/** Variables whose value bash evaluates: as arithmetic when they are set, or as code later. */
const EVALUATED = "RANDOM|SRANDOM|SECONDS|OPTIND|HISTCMD|LINENO|BASH_ENV|PS[0-4]|PROMPT_COMMAND|BASH_FUNC_.*";
const EVALUATED_NAME = new RegExp(`^(?:${EVALUATED})$`);
const EVALUATED_ASSIGNMENT = new RegExp(`^(?:${EVALUATED})\\+?=`);

/** Builtins that take their words as code, arithmetic, names, or options that do so. */
const EVALUATING = new Set(
  "alias bind compgen complete eval getopts let mapfile read readarray trap unset wait".split(" "),
);
const DECLARING = new Set(["declare", "export", "local", "readonly", "typeset"]);
const SHELLS = new Set(["ash", "bash", "dash", "ksh", "mksh", "sh", "zsh"]);
const SHELL_OPTION_WITH_VALUE = /^(?:[-+]\w*[oO]|--rcfile|--init-file)$/;

/** Whether bash evaluates what is assigned to a variable of this name. */
export function isEvaluatedName(name: string): boolean {
  return EVALUATED_NAME.test(name);
}

/**
 * Why an expression may not stand in `child`, a direct child of `command`: bash, or a shell that the command starts,
 * would evaluate its value. `undefined` when it may, as far as can be seen before the command runs.
 */
export function evaluates(command: Command, child: SyntaxNode, spans: readonly Span[]): string | undefined {
  const words = argumentsOf(command, spans);
  const at = words.findIndex(({ node }) => node === child);
  const start = nameIndex(words);
  const name = words[start]?.literal ?? "";
  if (at === -1) return child.type === "Assignment" ? undefined : feeds(words, start, child);
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
  return words.some((_, shell) => shell < at && isShell(words, shell) && isShellCode(words, shell, at))
    ? "a shell would run it as code"
    : undefined;
}

/** Whether a command is a shell that reads its program from standard input. */
export function readsProgram(command: Command, spans: readonly Span[]): boolean {
  const words = argumentsOf(command, spans);
  const shell = words.findIndex((_, index) => isShell(words, index));
  return shell !== -1 && words.slice(shell + 1).every(({ literal }) => literal?.startsWith("-"));
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

function argumentsOf(command: Command, spans: readonly Span[]): Argument[] {
  const nodes = command.name === undefined ? [] : [command.name, ...command.args];
  return nodes.map((node) => {
    const filled = spans.some((span) => holds(node, span));
    return { node, filled, literal: node.type === "Word" && !filled ? literalOf(node) : undefined };
  });
}

function literalOf(word: Word): string | undefined {
  const literal = (word.parts ?? []).every((part) =>
    part.type === "DoubleQuoted"
      ? part.parts.every(({ type }) => type === "Literal")
      : part.type === "Literal" || part.type === "SingleQuoted" || part.type === "AnsiCQuoted"
  );
  return literal ? word.value : undefined;
}

function unquoted(word: Word): string {
  return word.text.replaceAll(/["'\\]/g, "");
}

// `command eval …` and `builtin eval …` are eval.
function nameIndex(words: readonly Argument[]): number {
  let index = 0;
  while (["builtin", "command"].includes(words[index]?.literal ?? "")) {
    index++;
    while (words[index]?.literal?.startsWith("-")) index++;
  }
  return index;
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

function isShell(words: readonly Argument[], index: number): boolean {
  return SHELLS.has(words[index]?.literal?.split("/").at(-1) ?? "");
}

// The first word that is no option is the program: a text after `-c`, else the name of a file.
function isShellCode(words: readonly Argument[], shell: number, at: number): boolean {
  let takesText = false;
  for (let index = shell + 1; index <= at; index++) {
    const { literal, filled } = words[index]!;
    if (literal !== undefined && SHELL_OPTION_WITH_VALUE.test(literal)) index++;
    else if (literal !== undefined && /^[-+]/.test(literal)) takesText ||= /^-\w*c/.test(literal);
    else if (!filled) return false;
    // A value of `-c` would make the next word the program.
    else return takesText || words.slice(index + 1).some((word) => word.literal === undefined);
  }
  return true;
}

// A heredoc or herestring is the program of a shell that reads its standard input.
function feeds(words: readonly Argument[], start: number, child: SyntaxNode): string | undefined {
  if (child.type !== "HereDoc" && child.type !== "HereString") return undefined;
  const name = words[start]?.literal ?? "";
  if ([".", "source", "ssh"].includes(name) || words.some((_, index) => isShell(words, index))) {
    return "a shell would run it as code";
  }
  const evaluated = name === "read" && words.some(({ literal }) => isEvaluatedName(literal ?? ""));
  return evaluated ? "bash evaluates the value of a variable that `read` sets" : undefined;
}
