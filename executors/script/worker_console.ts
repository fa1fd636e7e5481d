/**
 * Makes the script's `console` in its Worker: each line that it prints goes to standard output behind `mark` and a
 * letter for its level, so that it keeps both its level and its place among the others. A closed function: it travels as
 * source text and knows nothing but the globals.
 */
export function workerConsole(mark: string): ScriptConsole {
  const { apply } = Reflect;
  const { charCodeAt, indexOf, lastIndexOf, slice } = String.prototype;
  const cut = (text: string, start: number, end: number): string => apply(slice, text, [start, end]);
  const deno = Deno as unknown as { readonly internal: symbol; readonly [internals: symbol]: Internals };
  const { Console, core: { print } } = deno[deno.internal]!;
  // By what Deno's console counts as a level. console.trace has the last.
  const letters = "dlwed";
  // A longer line is handed on in pieces, of which each needs its mark.
  const longest = 32_000;
  let isInfo = false;
  const made = new Console((message, level) => {
    if (level === 4 && message === "\n") return;
    const letter = isInfo && level === 1 ? "i" : letters[level] ?? "l";
    for (let start = 0; start < message.length;) {
      const found = apply(indexOf, message, ["\n", start]);
      const end = found < 0 ? message.length : found;
      printLine(letter, cut(message, start, end));
      start = end + 1;
    }
  });
  const { info } = made;
  made.info = (...values) => {
    isInfo = true;
    try {
      apply(info, made, values);
    } finally {
      isInfo = false;
    }
  };
  return made;

  function printLine(letter: string, line: string): void {
    // What a terminal shows of a line that is rewritten; the mark is before it.
    let start = apply(lastIndexOf, line, ["\r", line.length - 2]) + 1;
    do {
      let end = start + longest;
      if (end < line.length && (apply(charCodeAt, line, [end]) & 0xfc00) === 0xdc00) end--;
      print(`${mark}${letter}${cut(line, start, end)}\n`, false);
      start = end;
    } while (start < line.length);
  }

  interface Internals {
    readonly Console: new (print: (message: string, level: number) => void) => ScriptConsole;
    readonly core: { print(text: string, isError: boolean): void };
  }
}

/** What the boot code itself uses of a console. */
export interface ScriptConsole {
  /** Prints without a level. */
  readonly log: (...values: unknown[]) => void;
  /** Prints at level `info`. */
  info: (...values: unknown[]) => void;
}
