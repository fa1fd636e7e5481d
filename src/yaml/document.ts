import { Composer, type CST, type Document, Lexer, Parser, type YAMLParseError } from "yaml";
import type { Node } from "./node.ts";
import { ProblemList } from "./problem_list.ts";
import type { Source, Span } from "./source.ts";
import { buildTree } from "./tree.ts";
import { withEnvironment } from "../definition/with_environment.ts";

/** Deepest nesting of mappings and lists. */
export const maxDepth = 64;
/** Most nodes of a document, aliased ones counted wherever they stand. */
export const maxNodes = 10_000;
/** Most aliases. */
export const maxAliases = 100;
/** Most pieces of text that YAML tells apart: it bounds the time for comments and blank lines. */
const maxLexemes = 60_000;

/**
 * Reads the one YAML document of a source as a tree with positions. Limits hold before anything is composed, so that
 * no file of at most 1 MiB takes long: the library's own check for duplicate keys, which is quadratic, is off.
 *
 * @throws {WorkflowSyntaxError} when it is no YAML, or uses what a workflow cannot: tags, merge keys, several documents
 */
export function parseDocument(source: Source): Node {
  const problems = new ProblemList(source);
  const stop = (span: Span, message: string, remedy?: string): never => {
    problems.add(span, message, remedy);
    problems.throwIfAny();
    throw new Error("unreachable");
  };
  const composed = withEnvironment({}, () => compose(source.text, stop));
  const error = composed?.errors.toSorted((a, b) => a.pos[0] - b.pos[0])[0];
  if (error) {
    stop(
      { start: error.pos[0], end: error.pos[1] },
      `Cannot read the YAML: ${firstLine(error.message)}`,
      remedyFor(error),
    );
  }
  if (!composed?.contents || isNothing(composed)) {
    return stop(
      { start: 0, end: 0 },
      "Cannot find a workflow: the file is empty",
      "Begin with `workflow:`, and below it `id`, `version` and `steps`.",
    );
  }
  const root = buildTree(composed.contents, problems);
  problems.throwIfAny();
  if (root.size > maxNodes) stop({ start: root.start, end: root.start }, ...tooMany("nodes", maxNodes));
  return root;
}

function compose(text: string, stop: Stop): Document.Parsed | undefined {
  const tokens = tokenize(text, stop);
  const document = onlyDocument(tokens, stop);
  if (!document) return undefined;
  new Limits(stop).document(document);
  const [composed] = new Composer({ version: "1.2", schema: "core", uniqueKeys: false }).compose(tokens);
  return composed;
}

type Stop = (span: Span, message: string, remedy?: string) => never;

const missingMark = "Look for a quote, bracket, comma or colon that is missing here or before.";

const remedies: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "Indent with spaces.",
  BAD_INDENT: "Put keys that belong together in the same column.",
  BLOCK_AS_IMPLICIT_KEY: 'A text with ": " in it needs quotes.',
  MULTILINE_IMPLICIT_KEY: "A key ends with a colon on its own line.",
  BAD_SCALAR_START: "Put the text in quotes.",
  BAD_DQ_ESCAPE: "In double quotes a backslash begins an escape: write it twice, or use single quotes.",
  MISSING_CHAR: missingMark,
};

function remedyFor(error: YAMLParseError): string | undefined {
  return error.message.includes("end with a") ? missingMark : remedies[error.code];
}

function tooMany(what: string, limit: number): [message: string, remedy: string] {
  return [
    `Cannot read the YAML: it has more than ${limit} ${what}`,
    "Split the workflow, or move data out of it.",
  ];
}

function tokenize(text: string, stop: Stop): CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    const here = { start: parser.offset, end: parser.offset };
    if (++lexemes > maxLexemes) stop(here, ...tooMany("pieces of text", maxLexemes));
    // One level for the document and one for the scalar at the end.
    if (parser.stack.length > maxDepth + 2) {
      stop(here, `Cannot read the YAML: it is nested deeper than ${maxDepth} levels`, "Nest less.");
    }
  }
  return [...tokens, ...parser.end()];
}

function onlyDocument(tokens: readonly CST.Token[], stop: Stop): CST.Document | undefined {
  const directive = tokens.find((token) => token.type === "directive");
  if (directive) {
    const span = { start: directive.offset, end: directive.offset + 1 };
    stop(
      span,
      "Cannot read the YAML: directives are not allowed",
      "Delete the line: the file is read as YAML 1.2.",
    );
  }
  const [first, second] = tokens.filter((token): token is CST.Document => token.type === "document");
  if (second) {
    const span = { start: second.offset, end: second.offset + 3 };
    stop(
      span,
      "Cannot read the YAML: a second document begins here",
      "Put each workflow in a file of its own.",
    );
  }
  return first;
}

/** Counts what is in a parsed document before it is composed, and refuses tags. */
class Limits {
  readonly #stop: Stop;
  #pieces = 0;
  #aliases = 0;

  constructor(stop: Stop) {
    this.#stop = stop;
  }

  document(document: CST.Document): void {
    this.#marks(document.start);
    if (document.value) this.#token(document.value);
  }

  #token(token: CST.Token): void {
    this.#count(token.offset);
    if (token.type === "alias" && ++this.#aliases > maxAliases) {
      this.#stop({ start: token.offset, end: token.offset }, ...tooMany("aliases", maxAliases));
    }
    if (token.type === "block-scalar") this.#marks(token.props);
    if (!("items" in token)) return;
    for (const item of token.items) {
      this.#count((item.key ?? item.value ?? token).offset);
      this.#marks(item.start);
      if (item.key) this.#token(item.key);
      if (item.sep) this.#marks(item.sep);
      if (item.value) this.#token(item.value);
    }
  }

  #marks(tokens: readonly CST.Token[]): void {
    for (const { type, offset, source } of tokens as readonly CST.SourceToken[]) {
      // Each that is out of place costs an error with a stack.
      if (type === "comma" || type === "anchor") this.#count(offset);
      if (type !== "tag") continue;
      const span = { start: offset, end: offset + source.length };
      this.#stop(
        span,
        "Cannot read the YAML: tags are not allowed",
        "Delete the tag; quotes make a value text.",
      );
    }
  }

  /** A key and its value count as three. */
  #count(offset: number): void {
    if (++this.#pieces > 2 * maxNodes) {
      this.#stop({ start: offset, end: offset }, ...tooMany("nodes", maxNodes));
    }
  }
}

function isNothing(document: Document): boolean {
  const { contents } = document;
  return contents !== null && contents.range?.[0] === contents.range?.[1];
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.replace(/[.:]$/, "");
}
