import { type Command, parse, type SyntaxNode } from "unbash";
import { descendants } from "./shell_syntax.ts";
import { type Argument, argumentsOf, nameIndex } from "./shell_words.ts";

/** Variables whose value bash evaluates: as arithmetic when they are set, or as code later. */
export const EVALUATED =
  "RANDOM|SRANDOM|SECONDS|OPTIND|HISTCMD|LINENO|BASH_ENV|PS[0-4]|PROMPT_COMMAND|BASH_FUNC_.*";
const EVALUATED_NAME = new RegExp(`^(?:${EVALUATED})$`);

const SHELLS = new Set("ash bash csh dash fish ksh mksh rbash sh tcsh zsh".split(" "));
const SHELL_OPTION_WITH_VALUE = /^(?:[-+]\w*[oO]|--rcfile|--init-file)$/;

interface ShellStarter {
  /** How many operands stand before the command that it runs instead of a shell. */
  readonly operands: number;
  /** Options that take the next word as their value. */
  readonly withValue: RegExp;
  /** Options one of which is needed. */
  readonly needs?: RegExp;
}

/** Programs that start a shell when they are given no command. */
const SHELL_STARTERS: Readonly<Record<string, ShellStarter>> = {
  chroot: { operands: 1, withValue: /^$/ },
  doas: { operands: 0, withValue: /^-\w*[Cu]$/, needs: /^-\w*s/ },
  ssh: { operands: 1, withValue: /^-\w*[BbcDEeFIiJLlmOopQRSWw]$/ },
  su: { operands: Infinity, withValue: /^$/ },
  sudo: { operands: 0, withValue: /^-\w*[CDghpRrTtUu]$/, needs: /^(?:-\w*[is]|--login|--shell)/ },
};
const WRAPPERS = new Set("doas env exec nice nohup setsid sudo time timeout xargs".split(" "));

/** Programs to which the name of a shell is a word like any other. */
const START_NOTHING = new Set(
  "[ apk apt apt-get cat echo egrep fgrep grep hash ls printf rg sed tee test type which".split(" "),
);

/** Whether bash evaluates what is assigned to a variable of this name. */
export function isEvaluatedName(name: string): boolean {
  return EVALUATED_NAME.test(name);
}

/** Whether a shell among the words of a command takes the word at `at` for a part of its program. */
export function isShellCode(words: readonly Argument[], at: number): boolean {
  return shellsOf(words).some((shell) => {
    const { index, isText, endOfOptions } = programOf(words, shell);
    // find and parallel insert their own words, xargs what it reads.
    if (isText && isInserted(words, shell, index) && !words.slice(0, shell).some(isXargs)) return true;
    if (at <= shell) return false;
    if (isText || at < index) return at <= index;
    // A value of `-c` would make the next word the program.
    return !endOfOptions && words[index]!.filled && words.slice(index + 1).some(isUnknown);
  });
}

/**
 * Why a command would run what it gets as code, or `undefined`: it is a shell, or has a shell in it, whose program is
 * its standard input, a file descriptor or a process substitution, or made of what the command reads.
 *
 * @param inCompound Whether other commands could have read the input into a variable before.
 */
export function runsInput(command: Command, inCompound: boolean): string | undefined {
  const words = argumentsOf(command, []);
  const start = nameIndex(words);
  const name = words[start]?.literal ?? "";
  const rest = words.slice(start + 1);
  if (name === "read" && rest.some(({ literal }) => isEvaluatedName(literal ?? ""))) {
    return "bash evaluates the value of a variable that `read` sets";
  }
  const runs = name === "eval"
    ? isMadeOfInput(rest, inCompound)
    : name === "." || name === "source"
    ? rest.slice(0, 1).some(isInput)
    : words.some((_, index) => startsShell(words, index)) ||
      shellsOf(words).some((shell) => shellRunsInput(words, shell, inCompound));
  return runs ? "a shell would run it as code" : undefined;
}

/** The commands in a part of a script, at any depth. */
export function commandsIn(node: SyntaxNode): Command[] {
  return descendants(node).filter((below) => below.type === "Command");
}

function shellRunsInput(words: readonly Argument[], shell: number, inCompound: boolean): boolean {
  const { index, isText, isInput: fromInput } = programOf(words, shell);
  const program = words[index];
  if (program === undefined || fromInput) return true;
  if (!isText) return isInput(program);
  return isInserted(words, shell, index) || isMadeOfInput([program], inCompound);
}

/** `index` is that of the program: a text after `-c`, else the name of a file. */
interface ShellProgram {
  readonly index: number;
  readonly isText: boolean;
  readonly isInput: boolean;
  readonly endOfOptions: boolean;
}

// The first word that is no option is the program.
function programOf(words: readonly Argument[], shell: number): ShellProgram {
  const index = operandIndex(words, shell, SHELL_OPTION_WITH_VALUE);
  const options = words.slice(shell + 1, index).map(({ literal }) => literal ?? "");
  const isText = options.some((option) => /^-\w*c/.test(option));
  return {
    index,
    isText,
    isInput: !isText && options.some((option) => /^-\w*s/.test(option)),
    endOfOptions: /^--?$/.test(options.at(-1) ?? ""),
  };
}

function operandIndex(words: readonly Argument[], program: number, withValue: RegExp): number {
  let index = program + 1;
  for (let option = words[index]?.literal; option !== undefined; option = words[index]?.literal) {
    if (!/^[-+]/.test(option)) break;
    index += withValue.test(option) ? 2 : 1;
    if (/^--?$/.test(option)) break;
  }
  return index;
}

function shellsOf(words: readonly Argument[]): number[] {
  return startsNothing(words)
    ? []
    : words.flatMap((word, index) => SHELLS.has(programName(word)) ? [index] : []);
}

function startsShell(words: readonly Argument[], index: number): boolean {
  const name = nameIndex(words);
  const program = programName(words[index]!);
  const starter = Object.hasOwn(SHELL_STARTERS, program) ? SHELL_STARTERS[program]! : undefined;
  if (starter === undefined || index > name && !WRAPPERS.has(programName(words[name]!))) return false;
  const { operands, withValue, needs } = starter;
  const end = operandIndex(words, index, withValue);
  const has = (option: RegExp, to?: number) =>
    words.slice(index + 1, to).some(({ literal }) => option.test(literal ?? ""));
  if (program === "su") return !has(/^(?:-\w*c|--command)/);
  if (needs !== undefined && !has(needs, end)) return false;
  const command = words.slice(end + operands);
  return command.length === 0 || (program === "ssh" && holdsReader(textOf(command)));
}

function startsNothing(words: readonly Argument[]): boolean {
  const isLookup = words[0]?.literal === "command" && /^-\w*[vV]/.test(words[1]?.literal ?? "");
  return isLookup || START_NOTHING.has(words[nameIndex(words)]?.literal ?? "");
}

function programName({ node, literal }: Argument): string {
  if (/^"?\$(?:SHELL|BASH|\{(?:SHELL|BASH)\})"?$/.test(node.text)) return "sh";
  return literal?.split("/").at(-1) ?? "";
}

// /dev/stdin, /dev/fd/3, /proc/self/fd/3, <(…)
function isInput({ node }: Argument): boolean {
  const word = node.type === "Word" ? node.value : node.text;
  return /\/(?:stdin|fd\/[^/]+)$/.test(word) ||
    descendants(node).some(({ type }) => type === "ProcessSubstitution");
}

// A text can be made of input by what the shell expands in it before, and by what the code does itself.
function isMadeOfInput(text: readonly Argument[], inCompound: boolean): boolean {
  if (inCompound && text.some(isUnknown)) return true;
  const isRead = text.some(({ node }) => descendants(node).some(({ type }) => type === "CommandExpansion"));
  return isRead || holdsReader(textOf(text));
}

function holdsReader(text: string): boolean {
  return commandsIn(parse(text)).some((command) => runsInput(command, true) !== undefined);
}

function textOf(words: readonly Argument[]): string {
  return words.map(({ node }) => node.type === "Word" ? node.value : node.text).join(" ");
}

// What find, parallel and xargs put in the place of `{}`, or of the word after -I.
function isInserted(words: readonly Argument[], shell: number, text: number): boolean {
  const before = words.slice(0, shell);
  if (!before.some((word) => isXargs(word) || ["find", "parallel"].includes(programName(word)))) return false;
  const marks = before.flatMap(({ literal }, index) => {
    const mark = /^(?:-I|-i(?=.)|--replace=)(.*)$/.exec(literal ?? "")?.[1];
    return mark === undefined ? [] : [mark || (before[index + 1]?.literal ?? "")];
  });
  return ["{}", ":::", ...marks].some((mark) => textOf(words.slice(text, text + 1)).includes(mark));
}

function isXargs(word: Argument): boolean {
  return programName(word) === "xargs";
}

function isUnknown({ literal }: Argument): boolean {
  return literal === undefined;
}
