import { bytesOf } from "../definition/bytes_of.ts";
import type { LogStream } from "../definition/step_context.ts";

/** What a line costs beside its text, so that a flood of empty lines has an end too. */
export const lineCost = 32;

/** Bytes beyond the limit for warnings and errors: what is said of a flood is not to drown in it. */
const reserve = 64 * 1024;

/** Takes a line, and says whether it will be stored; one that `matters` is always. */
type WriteLine = (stream: LogStream, text: string, matters: boolean) => boolean;

/** The log of one attempt, up to a number of bytes. */
export class LimitedLog {
  readonly #write: WriteLine;
  readonly #limit: number;
  #kept = 0;
  #dropped = 0;
  #isFull = false;

  constructor(write: WriteLine, limit: number) {
    this.#write = write;
    this.#limit = limit;
  }

  /** Takes a line; what its body writes need be no text. */
  write(stream: LogStream, line: unknown): void {
    const text = String(line);
    const bytes = bytesOf(text) + 1;
    const matters = stream === "warn" || stream === "error";
    const room = this.#limit + (matters ? reserve : 0) - this.#kept;
    this.#isFull ||= bytes + lineCost > room;
    // Where one is missing all others are: a log with holes would mislead.
    const isOver = bytes + lineCost > room || this.#dropped > 0 && !matters;
    if (isOver || !this.#write(stream, text, false)) this.#dropped += bytes;
    else this.#kept += bytes + lineCost;
  }

  /** Ends the log: says what it does not have. */
  finish(): void {
    if (this.#dropped === 0) return;
    const missing = `${this.#dropped} more bytes were printed and are not kept`;
    this.#write(
      "warn",
      this.#isFull
        ? `The log of this step is full: ${missing}; ` +
          `a host keeps ${this.#limit} bytes unless its payloadLimits say otherwise`
        : `The log of this step ends early: ${missing}, because they came faster than the store took them`,
      true,
    );
    this.#dropped = 0;
  }
}
