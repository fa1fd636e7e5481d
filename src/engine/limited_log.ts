import type { LogStream } from "../definition/step_context.ts";

/** What a line costs beside its text, so that a flood of empty lines has an end too. */
const lineCost = 32;

/** Bytes beyond the limit for warnings and errors: what is said of a flood is not to drown in it. */
const reserve = 64 * 1024;

const encoder = new TextEncoder();

/** The log of one attempt, up to a number of bytes. */
export class LimitedLog {
  readonly #write: (stream: LogStream, text: string) => void;
  readonly #limit: number;
  #kept = 0;
  #dropped = 0;

  constructor(write: (stream: LogStream, text: string) => void, limit: number) {
    this.#write = write;
    this.#limit = limit;
  }

  /** Takes a line; what its body writes need be no text. */
  write(stream: LogStream, line: unknown): void {
    const text = String(line);
    const bytes = encoder.encode(text).byteLength + 1;
    const matters = stream === "warn" || stream === "error";
    const room = this.#limit + (matters ? reserve : 0) - this.#kept;
    // Once full, it stays so: a log with holes would mislead.
    if (bytes + lineCost > room || this.#dropped > 0 && !matters) this.#dropped += bytes;
    else {
      this.#kept += bytes + lineCost;
      this.#write(stream, text);
    }
  }

  /** Ends the log: says what it does not have. */
  finish(): void {
    if (this.#dropped === 0) return;
    this.#write(
      "warn",
      `The log of this step is full: ${this.#dropped} more bytes were printed and are not kept; ` +
        `a host keeps ${this.#limit} bytes unless its payloadLimits say otherwise`,
    );
    this.#dropped = 0;
  }
}
