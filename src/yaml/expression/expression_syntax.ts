import { ExpressionError as LibraryError, Lexer, Parser, wellKnownFunctions } from "@actions/expressions";
import {
  Binary,
  ContextAccess,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Unary,
} from "@actions/expressions/ast";
import { type Token, TokenType } from "@actions/expressions/lexer";
import { suggest } from "../suggestion.ts";
import { TextProblem } from "./text_problem.ts";

/** A parsed expression. */
export interface Syntax {
  /** Its outermost node. */
  readonly root: Expr;
  /** Where each of its tokens begins, in UTF-16 code units from the start of the source. */
  readonly offsets: ReadonlyMap<Token, number>;
}

/** What an expression can begin with: the run's variables, the workflow's data, the run itself, its secrets. */
export const CONTEXTS: readonly string[] = ["var", "data", "run", "secrets"];

const FUNCTIONS = ["case", "contains", "endsWith", "format", "fromJSON", "join", "startsWith", "toJSON"];

/**
 * Parses an expression, and finds unknown contexts and functions. Functions are found whatever their case;
 * contexts, like keys, by their exact name.
 *
 * @throws {TextProblem} with offsets in `source`.
 */
export function parseExpression(source: string): Syntax {
  const tokens = lex(source);
  const offsets = offsetsOf(tokens, source);
  const names = tokens.filter((token) => token.type === TokenType.IDENTIFIER).map((token) => token.lexeme);
  // The parser is told that every name is known, so that the messages for those that are not are ours.
  const unknown = names.filter((name) => !isFunction(name));
  const functions = unknown.map((name) => ({ name, minArgs: 0, maxArgs: Infinity }));
  let root: Expr | undefined;
  try {
    root = new Parser(tokens, names, functions).parse();
  } catch (error) {
    throw syntaxProblem(error, source, tokens, offsets);
  }
  if (root === undefined) {
    throw new TextProblem("Cannot read the expression: it is empty", { offset: 0, length: source.length });
  }
  const syntax = { root, offsets };
  for (const node of nodesOf(root)) checkNode(node, syntax);
  return syntax;
}

/** All nodes below `root`, itself included. */
export function* nodesOf(root: Expr): Generator<Expr> {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node;
    if (node instanceof IndexAccess) open.push(node.expr, node.index);
    else if (node instanceof FunctionCall || node instanceof Logical) open.push(...node.args);
    else if (node instanceof Binary) open.push(node.left, node.right);
    else if (node instanceof Unary) open.push(node.expr);
    else if (node instanceof Grouping) open.push(node.group);
  }
}

/**
 * The keys of a plain path such as `data.a['b']`, its context first, or `undefined` for any other expression.
 * The last is with the token that names it.
 */
export function pathOf(node: Expr): { readonly keys: readonly string[]; readonly last: Token } | undefined {
  while (node instanceof Grouping) node = node.group;
  if (node instanceof ContextAccess) return { keys: [node.name.lexeme], last: node.name };
  if (!(node instanceof IndexAccess && node.index instanceof Literal)) return undefined;
  const parent = pathOf(node.expr);
  if (parent === undefined) return undefined;
  return { keys: [...parent.keys, node.index.literal.coerceString()], last: node.index.token };
}

function lex(source: string): Token[] {
  try {
    const { tokens } = new Lexer(source).lex();
    for (const token of tokens) {
      // The lexer undoes only the first doubled quote of a string.
      if (token.type === TokenType.STRING) token.value = token.lexeme.slice(1, -1).replaceAll("''", "'");
    }
    return tokens;
  } catch (error) {
    throw syntaxProblem(error, source, [], new Map());
  }
}

// The lexer's own positions are wrong after a string that holds a line break.
function offsetsOf(tokens: readonly Token[], source: string): ReadonlyMap<Token, number> {
  const offsets = new Map<Token, number>();
  let end = 0;
  for (const token of tokens) {
    const offset = token.type === TokenType.EOF ? source.trimEnd().length : source.indexOf(token.lexeme, end);
    offsets.set(token, offset);
    end = offset + token.lexeme.length;
  }
  return offsets;
}

function syntaxProblem(
  error: unknown,
  source: string,
  tokens: readonly Token[],
  offsets: ReadonlyMap<Token, number>,
): TextProblem {
  const message = (error as Error).message;
  if (error instanceof LibraryError) {
    const token = tokens.find((token) => token.range.start === error.pos);
    const offset = token === undefined ? 0 : offsets.get(token)!;
    return problem(message, offset, token?.lexeme.length ?? source.length);
  }
  const [, why, position] = /^(.*?)\. Located at position (\d+) within expression/s.exec(message) ?? [];
  if (why === undefined) return problem("it is longer than 21,000 characters", 0, source.length);
  const offset = Number(position) - 1;
  return problem(why, offset, /^(?:'.*|\S+)/s.exec(source.slice(offset))?.[0].length ?? 1);
}

function problem(why: string, offset: number, length: number): TextProblem {
  const reason = (why.charAt(0).toLowerCase() + why.slice(1)).replace("symbol: 'EOF'", "end");
  return new TextProblem(`Cannot read the expression: ${reason}`, { offset, length: Math.max(length, 1) });
}

function checkNode(node: Expr, { offsets }: Syntax): void {
  if (node instanceof ContextAccess && !CONTEXTS.includes(node.name.lexeme)) {
    throw unknownName("context", node.name, offsets.get(node.name)!, CONTEXTS);
  }
  if (node instanceof FunctionCall && !isFunction(node.functionName.lexeme)) {
    throw unknownName("function", node.functionName, offsets.get(node.functionName)!, FUNCTIONS);
  }
  if (node instanceof Literal && node.token.type === TokenType.NUMBER && !isExact(node.token)) {
    throw new TextProblem(
      `Cannot read the expression: the number ${node.token.lexeme} cannot be held exactly`,
      {
        offset: offsets.get(node.token)!,
        length: node.token.lexeme.length,
        remedy: `Write it as a string: '${node.token.lexeme}'.`,
      },
    );
  }
}

function unknownName(what: string, token: Token, offset: number, known: readonly string[]): TextProblem {
  return new TextProblem(`Cannot read the expression: there is no ${what} "${token.lexeme}"`, {
    offset,
    length: token.lexeme.length,
    remedy: suggest(token.lexeme, known, `${what}s`),
  });
}

function isExact({ lexeme, value }: Token): boolean {
  return Number.isFinite(value) && (Number.isSafeInteger(value) || !/^[+-]?\d+$/.test(lexeme));
}

// The library looks functions up with `in`, so that `constructor` would be one.
function isFunction(name: string): boolean {
  return Object.hasOwn(wellKnownFunctions, name.toLowerCase());
}
