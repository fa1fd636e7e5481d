import { checkExpressions } from "./expression/expression.ts";
import { TextProblem } from "./expression/text_problem.ts";
import { maxExpressionsOfText, maxExpressionText, offsetOfNth } from "./expression_limits.ts";
import { FileProblem } from "./file_problem.ts";
import { quoted } from "./format_problem.ts";
import { type Node, nodeAt, type Path, type ScalarNode, spanAt } from "./node.ts";
import { mostProblems } from "./problem.ts";
import type { ProblemList } from "./problem_list.ts";
import { ScalarOffsets } from "./scalar_offset.ts";
import type { Source } from "./source.ts";
import type { StepContent } from "./step_files.ts";
import type { StepScope } from "./step_type.ts";

/** A file that is being compiled. */
export interface Compilation {
  /** Its text. */
  readonly source: Source;
  /** Its tree. */
  readonly root: Node;
  /** Names of the variables that expressions may read. */
  readonly vars: readonly string[];
  /** Names of the secrets that they may read, where it is not all that the file names; null for none. */
  readonly secrets?: readonly string[] | null;
  /** What is wrong with it. */
  readonly problems: ProblemList;
}

/** What the step at `base` names as its file. */
export interface ScopedFile {
  /** The key. */
  readonly key: string;
  /** What was read. */
  readonly content: StepContent;
}

/** The scope of the value at `base`, with the file that it names. */
export function stepScope(
  { source, root, vars, problems, secrets = secretNames(root) }: Compilation,
  base: Path,
  file?: ScopedFile,
): StepScope {
  const scalarAt = (path: Path): ScalarNode => {
    const node = nodeAt(root, [...base, ...path]);
    if (node?.kind !== "scalar") throw new TypeError(`Cannot read text at ${path.join(".")}: there is none`);
    return node;
  };
  const textOf = (node: ScalarNode) => typeof node.value === "string" ? node.value : node.text;
  const report = (node: ScalarNode, found: readonly TextProblem[]) => {
    const offsets = new ScalarOffsets(source, node);
    for (const { message, offset, length, remedy } of found) {
      problems.add(offsets.span(offset, length), message, remedy && sentence(remedy));
    }
  };
  return {
    text: (path) => textOf(scalarAt(path)),
    compile: (path, compiler) => {
      const node = scalarAt(path);
      const text = textOf(node);
      const wrong = overLimit(text) ?? checkExpressions(text, { vars, secrets });
      if (wrong.length > 0) {
        report(node, wrong.slice(0, mostProblems));
        return undefined;
      }
      try {
        return compiler(text);
      } catch (error) {
        report(node, [asProblem(error)]);
        return undefined;
      }
    },
    file: () => {
      if (file === undefined) return undefined;
      if (!(file.content instanceof FileProblem)) return file.content;
      const { why, remedy } = file.content;
      const received = quoted(textOf(scalarAt([file.key])));
      const span = spanAt(root, [...base, file.key]);
      problems.add(span, `Cannot use ${quoted(file.key)}: ${why}, received ${received}`, remedy);
      return undefined;
    },
    problem: (path, message, remedy) => problems.add(spanAt(root, [...base, ...path]), message, remedy),
  };
}

function secretNames(root: Node): readonly string[] {
  const secrets = nodeAt(root, ["workflow", "secrets"]);
  return secrets?.kind === "map" ? [...secrets.entries.keys()] : [];
}

function asProblem(error: unknown): TextProblem {
  if (error instanceof TextProblem) return error;
  // What a recursive parser says of a text with thousands of open brackets.
  if (error instanceof RangeError) {
    return new TextProblem("Cannot read the text: it is nested too deeply", { offset: 0 });
  }
  throw error;
}

function overLimit(text: string): TextProblem[] | undefined {
  const first = text.indexOf("${{");
  if (first >= 0 && text.length > maxExpressionText) {
    const message = `Cannot use expressions in a text of more than ${maxExpressionText} characters`;
    const remedy = "Keep the text in a file, and hand values over in variables.";
    return [new TextProblem(message, { offset: first, length: 3, remedy })];
  }
  const offset = offsetOfNth(text, maxExpressionsOfText + 1);
  if (offset === undefined) return undefined;
  const message = `Cannot use more than ${maxExpressionsOfText} expressions in one text`;
  return [new TextProblem(message, { offset, length: 3, remedy: "Put them into variables of `env`." })];
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.?!`]$/.test(text) ? "" : ".");
}
