import type { Command, Function as ShellFunction, SyntaxNode } from "unbash";
import { commandsIn, runsInput } from "./shell_program.ts";
import { type Chain, descendants } from "./shell_syntax.ts";
import { argumentsOf } from "./shell_words.ts";

/**
 * How values get from one command of a script to others: by pipes, redirections, heredocs, herestrings, process
 * substitutions, and by functions, whose calls pass on what is in them. Variables and files are not followed.
 */
export class ShellFlow {
  readonly #script: SyntaxNode;
  readonly #parents = new Map<SyntaxNode, SyntaxNode>();
  readonly #functions: readonly ShellFunction[];
  readonly #commands: readonly Command[];

  /** The flow in a script. */
  constructor(script: SyntaxNode) {
    this.#script = script;
    const nodes = descendants(script, (child, parent) => this.#parents.set(child, parent));
    this.#functions = nodes.filter((node) => node.type === "Function");
    this.#commands = nodes.filter((node) => node.type === "Command");
  }

  /** Why a value at the end of `chain` would become code in a command that it gets to, or `undefined`. */
  reader(chain: Chain, seen: readonly SyntaxNode[] = []): string | undefined {
    return first(chain, (node, index) => {
      if (node.type !== "Function") {
        return first(this.#targets(node, chain, index), (to) => this.#readerIn(to));
      }
      if (seen.includes(node)) return undefined;
      return first(this.#callsOf(node), (call) => this.reader(this.#chainOf(call), [...seen, node]));
    });
  }

  /** Why a value could become code wherever it stands in the script, or `undefined`. */
  readerOfAnything(): string | undefined {
    if (descendants(this.#script).some(({ type }) => type === "Coproc")) {
      if (this.#readerIn(this.#script) !== undefined) return "beside `coproc` a shell could run it as code";
    }
    const outputs = this.#commands.filter(isRedirection).flatMap((command) => outputsOf(command));
    return first(outputs, (output) => this.#readerIn(output));
  }

  /** What gets the output of, or the value in, `chain[index + 1]` by way of `chain[index]`. */
  #targets(node: SyntaxNode, chain: Chain, index: number): readonly SyntaxNode[] {
    const child = chain[index + 1];
    switch (node.type) {
      case "Pipeline":
        return node.commands.slice(node.commands.findIndex((command) => command === child) + 1);
      case "Command":
        if (!isFed(chain.slice(index + 1))) return outputsOf(node, child);
        return [...outputsOf(node, child), isRedirection(node) ? this.#script : node];
      case "Redirected": {
        const outputs = node.redirects.flatMap((redirect) => outputsOf(redirect, child));
        return child !== node.command && isFed(chain.slice(index + 1)) ? [...outputs, node.command] : outputs;
      }
      default:
        return [];
    }
  }

  #readerIn(node: SyntaxNode, seen: readonly SyntaxNode[] = []): string | undefined {
    const commands = commandsIn(node);
    return first(commands, (command) => {
      const why = runsInput(command, commands.length > 1 || seen.length > 0);
      if (why !== undefined) return why;
      const called = this.#functions.filter((shellFunction) =>
        nameOf(command) === shellFunction.name.value && !seen.includes(shellFunction)
      );
      return first(called, ({ body }) => this.#readerIn(body, [...seen, ...called]));
    });
  }

  #callsOf({ name }: ShellFunction): Command[] {
    return this.#commands.filter((command) => nameOf(command) === name.value);
  }

  #chainOf(node: SyntaxNode): Chain {
    const parent = this.#parents.get(node);
    return parent === undefined ? [node] : [...this.#chainOf(parent), node];
  }
}

function first<T>(
  items: readonly T[],
  find: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

// The name of a file that is read is not what is in it.
function isFed([child, ...below]: Chain): boolean {
  return child?.type === "HereDoc" || child?.type === "HereString" ||
    below.some((node) => node.type === "ProcessSubstitution" && node.operator === "<");
}

// What stands in `>(…)`, other than around the value itself.
function outputsOf(node: SyntaxNode, child?: SyntaxNode): SyntaxNode[] {
  const inside = child === undefined ? [] : descendants(child);
  return descendants(node).filter((below) =>
    below.type === "ProcessSubstitution" && below.operator === ">" && !inside.includes(below)
  );
}

// `exec 3< <(…)` redirects the rest of the script.
function isRedirection(command: Command): boolean {
  return nameOf(command) === "exec" && command.args.length === 0;
}

function nameOf(command: Command): string | undefined {
  return argumentsOf(command, [])[0]?.literal;
}
