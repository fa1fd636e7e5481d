import { styleText } from "node:util";
import { readEnv } from "./env.ts";

/** What a command reads of its surroundings and writes to them. */
export interface Io {
  /** Standard output: what was asked for. */
  readonly stdout: Sink;
  /** Standard error: messages beside it. */
  readonly stderr: Sink;
}

/** Somewhere to write text. */
export interface Sink {
  /** Writes text. What the other end no longer wants is dropped: a run does not fail because its pager was closed. */
  write(text: string): void;
  /** Whether the other end is gone. */
  readonly closed: boolean;
  /** Whether a person looks at it, on a terminal that can move its cursor. */
  readonly isTerminal: boolean;
  /** Dresses text in colours, where they are wanted. */
  readonly paint: Paint;
  /** Columns and rows of the terminal; 80 by 24 where nothing is known. */
  size(): { readonly columns: number; readonly rows: number };
}

/** Dresses a text in a colour or style. */
export type Paint = (style: Style, text: string) => string;

/** The styles in use. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Leaves text as it is. */
export const plain: Paint = (_style, text) => text;

const colored: Paint = (style, text) => styleText(style, text, { validateStream: false });

/** Standard output and standard error of this process. */
export function processIo(): Io {
  return { stdout: new ProcessSink(Deno.stdout), stderr: new ProcessSink(Deno.stderr) };
}

class ProcessSink implements Sink {
  readonly isTerminal: boolean;
  readonly paint: Paint;
  readonly #stream: typeof Deno.stdout;
  #closed = false;

  constructor(stream: typeof Deno.stdout) {
    this.#stream = stream;
    this.isTerminal = stream.isTerminal() && readEnv("TERM") !== "dumb";
    this.paint = this.isTerminal && !Deno.noColor ? colored : plain;
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(text: string): void {
    if (this.#closed) return;
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) {
      try {
        written += this.#stream.writeSync(bytes.subarray(written));
      } catch (error) {
        // A parent that shares the pipe (npx) may have made it non-blocking: wait until there is room.
        if (error instanceof Deno.errors.WouldBlock) pause(5);
        else return void (this.#closed = true);
      }
    }
  }

  size(): { readonly columns: number; readonly rows: number } {
    try {
      const { columns, rows } = Deno.consoleSize();
      return { columns: columns || 80, rows: rows || 24 };
    } catch {
      return { columns: 80, rows: 24 };
    }
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
