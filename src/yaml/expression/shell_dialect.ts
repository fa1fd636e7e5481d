import type { ParameterExpansionPart, SyntaxNode } from "unbash";

/** What bash has and a plain `sh` need not have, so that it could read the words after it otherwise. */
const BASH_ONLY: Partial<Record<SyntaxNode["type"], string>> = {
  AnsiCQuoted: "$'…'",
  ArithmeticCommand: "(( … ))",
  ArithmeticFor: "for (( … ))",
  ArrayValue: "an array",
  BraceExpansion: "{…}",
  Coproc: "coproc",
  ExtendedGlob: "an extended pattern",
  FileDescriptorVariable: "{name}>",
  HereString: "<<<",
  LocaleString: '$"…"',
  ProcessSubstitution: "<( … )",
  Select: "select",
  TestCommand: "[[ … ]]",
};

/** Names the construct when a node is one that not every `sh` reads as bash does. */
export function bashOnly(node: SyntaxNode, text: string): string | undefined {
  switch (node.type) {
    case "Assignment":
      return node.append ? "+=" : node.index === undefined ? undefined : "an array";
    case "ArithmeticExpansion":
      return node.text.startsWith("$[") ? "$[ … ]" : undefined;
    case "CaseItem":
      return node.terminator === undefined || node.terminator === ";;" ? undefined : node.terminator;
    case "CommandExpansion":
      return node.text.startsWith("${") ? "${ …; }" : undefined;
    case "Function":
      return text.startsWith("function", node.pos) && node.name.pos !== node.pos ? "function" : undefined;
    case "ParameterExpansion":
      return isPosix(node) ? undefined : node.text;
    case "Pipeline":
      return node.operators.includes("|&") ? "|&" : undefined;
    case "Redirect":
      return node.operator.startsWith("&") ? node.operator : undefined;
  }
  return BASH_ONLY[node.type];
}

function isPosix({ operation, prefix, index, text }: ParameterExpansionPart): boolean {
  if (prefix === "!" || index !== undefined) return false;
  // Shells differ on quotes inside quotes inside ${…}.
  return operation === undefined || (/^(?:Default|Remove)$/.test(operation.type) && !/["'\\`]/.test(text));
}
