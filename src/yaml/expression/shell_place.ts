import type { ArrayValue, SyntaxNode } from "unbash";
import { evaluates } from "./shell_command.ts";
import type { ShellFlow } from "./shell_flow.ts";
import { isEvaluatedName } from "./shell_program.ts";
import { type Chain, isBacktick, type Span } from "./shell_syntax.ts";

/** What becomes of an expression at a place of a shell text. */
export type Place =
  /** It becomes `"${…}"`, or `${…}` where double quotes or a heredoc are around it already. */
  | { readonly allowed: true; readonly quoted: boolean }
  /** It would not stay data there. `where` completes "Cannot use an expression …". */
  | { readonly allowed: false; readonly where: string; readonly remedy: string };

const BY_VARIABLE = 'Set a variable instead, `env: { NAME: "${{ … }}" }`, and write "$NAME" in the script.';
const CHECKED =
  'Set a variable instead, `env: { NAME: "${{ … }}" }`, and have the script check that it is a plain ' +
  "number or name before using it here: bash runs `a[$(…)]` in values, too.";
const AS_DATA =
  'Hand the value over as data: set `env: { NAME: "${{ … }}" }` and let that code read the variable.';
const UNQUOTE = "End the quotes before it and begin them again after it: 'text '${{ … }}' text'.";
const TEST = 'Use `[ … ]` or `case`, which take a value as it is: [ ${{ … }} = "text" ].';

/** Nodes that leave what is in them as it is: a word below them is a word. */
const TRANSPARENT = new Set(
  ("AndOr ArrayValue BraceGroup Case CaseItem CompoundList DoubleQuoted Elif HereDocBody If Literal Pipeline Redirected Script " +
    "Statement Subshell While Word").split(" "),
);

const REFUSED: Partial<Record<SyntaxNode["type"], readonly [where: string, remedy: string]>> = {
  AnsiCQuoted: ["inside $'…'", UNQUOTE],
  ArithmeticCommand: ["inside (( … ))", CHECKED],
  ArithmeticExpansion: ["inside $(( … ))", CHECKED],
  ArithmeticFor: ["inside for (( … ))", CHECKED],
  BraceExpansion: ["inside {…}", BY_VARIABLE],
  ExtendedGlob: ["inside an extended pattern", BY_VARIABLE],
  FileDescriptorVariable: ["in the place of a file descriptor", BY_VARIABLE],
  Glob: ["inside […]", CHECKED],
  HereDocDelimiter: ["as the delimiter of a heredoc", "Write a plain word."],
  LocaleString: ['inside $"…"', 'Use plain double quotes: "…".'],
  ParameterExpansion: ["inside ${…}", BY_VARIABLE],
  SimpleExpansion: ["directly after `$`", "Write a dollar sign as `\\$`, or leave it out."],
  SingleQuoted: ["inside single quotes", UNQUOTE],
  TestCommand: ["inside [[ … ]]", TEST],
};

/** Says what becomes of an expression whose innermost node, with its ancestors, is `chain`. */
export function placeOf(chain: Chain, span: Span, spans: readonly Span[], flow: ShellFlow): Place {
  for (const [index, node] of chain.entries()) {
    const refusal = refusalOf(node, chain[index + 1], span, spans);
    if (refusal !== undefined) return { allowed: false, where: refusal[0], remedy: refusal[1] };
  }
  const reader = flow.reader(chain);
  if (reader !== undefined) return { allowed: false, where: `here: ${reader}`, remedy: AS_DATA };
  const around = chain.at(-1)!.type === "Literal" ? chain.at(-2)! : chain.at(-1)!;
  return { allowed: true, quoted: around.type !== "Word" };
}

type Refusal = readonly [where: string, remedy: string];

function refusalOf(
  node: SyntaxNode,
  child: SyntaxNode | undefined,
  span: Span,
  spans: readonly Span[],
): Refusal | undefined {
  switch (node.type) {
    case "Command": {
      const why = child === undefined ? undefined : evaluates(node, child, spans);
      if (why !== undefined) return [`here: ${why}`, AS_DATA];
      return child === undefined ? outside : undefined;
    }
    case "Assignment":
      if (child !== undefined && child === node.index) return ["inside […]", CHECKED];
      if (child !== node.value) return ["as the name of a variable", "Write a plain name."];
      return isEvaluatedName(node.name)
        ? [`here: bash evaluates the value of ${node.name}`, "Use another variable."]
        : undefined;
    case "ArrayValue":
      return inSubscript(node, child, span) ? ["inside […]", CHECKED] : undefined;
    case "For":
    case "Select":
      if (child === node.name) return ["as the name of a variable", "Write a plain name."];
      return child !== node.body && isEvaluatedName(node.name.value)
        ? [`here: bash evaluates the value of ${node.name.value}`, "Use another variable."]
        : undefined;
    case "ArithmeticFor":
      return child === node.body ? undefined : REFUSED.ArithmeticFor;
    case "Function":
    case "Coproc":
      return child === node.body ? undefined : ["as a name", "Write a plain name."];
    case "Redirect":
      // bash expands the word after `>&` a second time when its value is no number.
      if (/&$/.test(node.operator)) return ["in the place of a file descriptor", "Write its number."];
      return child === node.target ? undefined : REFUSED.FileDescriptorVariable;
    case "HereString":
      return child === node.target ? undefined : REFUSED.FileDescriptorVariable;
    case "HereDoc":
      if (child !== node.body) return REFUSED.HereDocDelimiter;
      return node.delimiter?.quoted === false ? undefined : [
        "inside a heredoc with a quoted delimiter",
        "Leave the delimiter unquoted, or " + uncapitalised(BY_VARIABLE),
      ];
    case "CommandExpansion":
      if (isBacktick(node)) return ["inside backticks", "Write $(…) instead."];
      return node.text.startsWith("$(") ? undefined : ["inside ${ …; }", "Write $(…) instead."];
    case "ProcessSubstitution":
      return undefined;
  }
  if (!TRANSPARENT.has(node.type)) return REFUSED[node.type] ?? ["here", BY_VARIABLE];
  const isText = node.type === "Word" || node.type === "Literal" || node.type === "HereDocBody";
  return child === undefined && !isText ? outside : undefined;
}

const outside: Refusal = ["in a comment, or where no word can stand", "Move it, or take it out."];

function uncapitalised(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

// In `a=([…]=value)` the parser takes the element for one word.
function inSubscript(array: ArrayValue, child: SyntaxNode | undefined, span: Span): boolean {
  const element = array.elements.find((word) => word === child);
  if (element === undefined || !element.text.startsWith("[")) return false;
  const subscript = /^\[\w*\]\+?=/.exec(element.text)?.[0] ?? element.text;
  return span.pos < element.pos + subscript.length;
}
