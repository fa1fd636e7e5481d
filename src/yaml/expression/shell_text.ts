import { type ExpressionName, expressionNames, reservedName } from "./expression_name.ts";
import { bashOnly } from "./shell_dialect.ts";
import { endangers } from "./shell_command.ts";
import { ShellFlow } from "./shell_flow.ts";
import { placeOf } from "./shell_place.ts";
import { type Chain, parseShell, type ShellSyntax, type Span } from "./shell_syntax.ts";
import { type Occurrence, replaceExpressions, scanExpressions } from "./scan.ts";
import { TextProblem } from "./text_problem.ts";

/** A shell text whose expressions have become environment variables, as it is stored in a definition: plain JSON. */
export interface ShellText {
  /** What the shell runs. */
  readonly text: string;
  /** The expression that each variable is set to. */
  readonly expressions: Readonly<Record<ExpressionName, string>>;
}

/**
 * Compiles a shell script so that the values of its expressions never become code: each is replaced by an
 * environment variable that the shell expands, `"${WFE_EXPR_1}"` where it stands bare, `${WFE_EXPR_1}` inside double
 * quotes and heredocs. A value is always one word; it is not split, and is no pattern.
 *
 * Refused is every place in which the shell would do more with a value than take it as it is, and every script in
 * which that cannot be told: one that cannot be parsed, that makes aliases, or integer or reference variables. A
 * script without expressions is not looked at.
 *
 * What cannot be seen is not stopped: code that a script puts together itself and hands to `eval` or to another
 * program, and arithmetic with a variable that holds a value.
 *
 * @throws {TextProblem} where an expression is not closed, or stands where it may not.
 */
export function compileShellText(text: string, shell: "bash" | "sh"): ShellText {
  const occurrences = scanExpressions(text);
  if (occurrences.length === 0) return { text, expressions: {} };
  checkCharacters(text, occurrences);
  const spans = occurrences.map(({ offset, end }) => ({ pos: offset, end }));
  const draft = replaceExpressions(text, occurrences, (occurrence) => placeholder(text, occurrence));
  const syntax = parseShell(draft, spans);
  const flow = new ShellFlow(syntax.nodes[0]!);
  checkScript(syntax, flow, draft, shell, occurrences);

  const chains = occurrences.map((occurrence, index) => onlyChain(syntax, occurrence, index));
  const names = expressionNames(occurrences);
  const replacements = occurrences.map((occurrence, index) => {
    const place = placeOf(chains[index]!, spans[index]!, spans, flow);
    if (!place.allowed) throw refused(occurrence, place.where, place.remedy);
    checkBefore(text, occurrence, place.quoted);
    return place.quoted ? `\${${names[index]}}` : `"\${${names[index]}}"`;
  });
  const compiled = replaceExpressions(text, occurrences, (_, index) => replacements[index]!);
  verify(compiled, occurrences, replacements, chains);
  return {
    text: compiled,
    expressions: Object.fromEntries(names.map((name, index) => [name, occurrences[index]!.source.trim()])),
  };
}

function checkCharacters(text: string, occurrences: readonly Occurrence[]): void {
  for (const occurrence of occurrences) {
    if (!occurrence.source.includes("\n")) continue;
    throw refused(occurrence, "that goes over several lines", "Write it on one line.");
  }
  const reserved = reservedName(text, occurrences);
  if (reserved !== undefined) throw reserved;
  const offset = text.search(/[\0\r]/);
  if (offset === -1) return;
  throw new TextProblem("Cannot use expressions in this script: it holds a carriage return or NUL", {
    offset,
    remedy: "Take it out.",
  });
}

// A word as long as the expression, which the parser takes for a name where a name can stand, and for nothing else
// in this text, such as the end of a heredoc or more of the name before it.
function placeholder(text: string, { offset, end }: Occurrence): string {
  const letters = [..."QZXJKVWYUHGFDBPMNRTLCSOIEA"];
  const letter = letters.find((letter) => !text.includes(letter.repeat(4))) ?? "q";
  const start = /\$\w+$/.test(text.slice(0, offset)) ? "." : "";
  return start.padEnd(end - offset, letter);
}

function checkScript(
  { nodes, errors }: ShellSyntax,
  flow: ShellFlow,
  draft: string,
  shell: "bash" | "sh",
  occurrences: readonly Occurrence[],
): void {
  const [error] = errors;
  if (error !== undefined) {
    throw new TextProblem(`Cannot tell where the expressions of this script stand: ${error.message}`, {
      offset: Math.min(error.pos, draft.length),
      remedy: "Correct the script, or hand the values over by `env:`.",
    });
  }
  for (const node of nodes) {
    const construct = shell === "sh" ? bashOnly(node, draft) : undefined;
    if (construct !== undefined) {
      throw new TextProblem(
        `Cannot use expressions in a script for sh beside ${construct}: not every sh reads it as bash does`,
        {
          offset: node.pos,
          length: node.end - node.pos,
          remedy: "Set `shell: bash`, or hand the values over by `env:`.",
        },
      );
    }
  }
  const dangers = nodes.map((node) => node.type === "Command" ? endangers(node) : undefined);
  const danger = [...dangers, flow.readerOfAnything()].find((danger) => danger !== undefined);
  if (danger !== undefined) {
    throw refused(
      occurrences[0]!,
      `in this script: ${danger}`,
      "Hand the values over by `env:`, and mind where.",
    );
  }
}

function onlyChain({ chains }: ShellSyntax, occurrence: Occurrence, index: number): Chain {
  const [chain, ...others] = chains[index]!;
  if (chain !== undefined && others.length === 0) return chain;
  throw refused(
    occurrence,
    "here: it cannot be told what the shell would make of it",
    "Hand it over by `env:`.",
  );
}

// What stands before a value must not change the meaning of the quote or the dollar sign that replaces it.
function checkBefore(text: string, occurrence: Occurrence, quoted: boolean): void {
  const before = text.slice(0, occurrence.offset).replace(/(?:\\\n)+$/, "");
  const backslashes = /\\*$/.exec(before)![0].length;
  if (backslashes % 2 === 1) {
    throw refused(occurrence, "directly after a backslash", "A literal `${{` is written `${{ '${{' }}`.");
  }
  if (/(?<!\\)(?:\\\\)*\$$/.test(before)) {
    throw refused(occurrence, "directly after `$`", "Write a dollar sign as `\\$`, or leave it out.");
  }
  if (!quoted && before.endsWith("~")) {
    throw refused(occurrence, "directly after `~`", "Write the folder, or use a path below ~/.");
  }
}

// The result is parsed again: each variable must be expanded, and nothing else, in the very place that was judged.
function verify(
  compiled: string,
  occurrences: readonly Occurrence[],
  replacements: readonly string[],
  chains: readonly Chain[],
): void {
  let shift = 0;
  const spans = occurrences.map(({ offset, end }, index): Span => {
    const length = replacements[index]!.length;
    const bare = replacements[index]!.startsWith('"') ? 1 : 0;
    const pos = offset + shift + bare;
    shift += length - (end - offset);
    return { pos, end: pos + length - 2 * bare };
  });
  const { errors, chains: found } = parseShell(compiled, spans);
  occurrences.forEach((occurrence, index) => {
    const chain = onlyChain({ nodes: [], errors, chains: found }, occurrence, index);
    const last = chain.at(-1)!;
    const ancestors = chains[index]!.map(({ type }) => type).filter((type) => type !== "Literal");
    const expected = replacements[index]!.startsWith('"') ? [...ancestors, "DoubleQuoted"] : ancestors;
    const isVariable = last.type === "ParameterExpansion" && last.operation === undefined &&
      last.index === undefined && last.prefix === undefined && last.parameter === `WFE_EXPR_${index + 1}`;
    const same = chain.slice(0, -1).map(({ type }) => type).join() === expected.join();
    if (isVariable && same && errors.length === 0) return;
    throw refused(
      occurrence,
      "here: it would change how the shell reads the script",
      "Hand it over by `env:`.",
    );
  });
}

function refused({ offset, end }: Occurrence, where: string, remedy: string): TextProblem {
  return new TextProblem(`Cannot use an expression ${where}`, { offset, length: end - offset, remedy });
}
