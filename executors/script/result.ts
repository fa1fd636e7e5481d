import type { JsonValue } from "../../src/definition/json.ts";
import type { LogStream } from "../../src/definition/step_context.ts";
import type { SandboxJob } from "./boot.ts";

/** What the boot code reports of a script that has ended. */
export type ScriptReport =
  | { readonly kind: "done"; readonly outputs: { readonly [name: string]: JsonValue } }
  | ({ readonly kind: "failed" } & ThrownByScript);

/** What a script threw, as texts; empty where there is none. */
export interface ThrownByScript {
  /** The error's `name`. */
  readonly name: string;
  /** Its message, or what stands for it. */
  readonly message: string;
  /** Its stack, with {@linkcode scriptAddress} for the script. */
  readonly stack: string;
  /** The message of its `cause`. */
  readonly cause: string;
}

/** By the letter that stands before a line of the console. */
const streams: Readonly<Record<string, LogStream>> = {
  d: "debug",
  i: "info",
  l: "stdout",
  w: "warn",
  e: "error",
};

/** Characters that the report of a failure may have: four texts, each cut, with the escapes of JSON. */
const longestFailure = 2 * 1024 ** 2;

/** Characters of ASCII that one of JSON takes at most. */
const asciiPerUnit = 6;

/** Tells the lines of the result from those that the script prints, and these by their level. */
export class ResultReader {
  readonly #nonce: string;
  readonly #mark: string;
  readonly #print: (stream: LogStream, line: string) => void;
  readonly #longest: number;
  #text = "";
  #isTooLong = false;
  #isComplete = false;
  #heldBlank = false;

  /** `print` takes the script's own lines. */
  constructor({ nonce, mark, init }: SandboxJob, print: (stream: LogStream, line: string) => void) {
    this.#nonce = nonce;
    this.#mark = mark;
    this.#print = print;
    this.#longest = longestFailure + asciiPerUnit * init.outputLimit;
  }

  /** Takes the next line of standard output; true with the one that completes the result. */
  take(line: string): boolean {
    if (line.startsWith(this.#nonce)) {
      this.#heldBlank = false;
      this.#add(line.slice(this.#nonce.length + 1));
      return this.#isComplete = line[this.#nonce.length] === ".";
    }
    this.end();
    // A line of the result begins with a line feed of its own, which may come out as a blank line.
    if (line === "") this.#heldBlank = true;
    else this.#hand(line);
    return false;
  }

  /** Takes the end of standard output. */
  end(): void {
    if (this.#heldBlank) this.#print("stdout", "");
    this.#heldBlank = false;
  }

  /** What a script does to prototypes can make any report of its own. It is not kept where it is too long for one. */
  #add(text: string): void {
    this.#isTooLong ||= this.#text.length + text.length > this.#longest;
    this.#text = this.#isTooLong ? "" : this.#text + text;
  }

  #hand(line: string): void {
    const start = line.indexOf(this.#mark);
    if (start < 0) return this.#print("stdout", line);
    // The script had left a line open.
    if (start > 0) this.#print("stdout", line.slice(0, start));
    const letter = start + this.#mark.length;
    this.#print(streams[line.charAt(letter)] ?? "stdout", line.slice(letter + 1));
  }

  /** Whether the last line of the result has come. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The report, or `undefined` as long as none has come that can be read. */
  get report(): ScriptReport | undefined {
    if (this.#isTooLong) {
      const message = `what the script left is longer than ${this.#longest} characters`;
      return { kind: "failed", name: "", message, stack: "", cause: "" };
    }
    return this.#isComplete ? parseReport(this.#text) : undefined;
  }
}

function parseReport(text: string): ScriptReport | undefined {
  try {
    const { kind, outputs, ...thrown } = JSON.parse(text);
    if (kind === "done" && typeof outputs === "object" && outputs !== null) return { kind, outputs };
    const { name, message, stack, cause } = thrown;
    if (kind !== "failed" || ![name, message, stack, cause].every((part) => typeof part === "string")) return;
    return { kind, name, message, stack, cause };
  } catch {
    return undefined;
  }
}
