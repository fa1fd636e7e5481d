import { Buffer } from "node:buffer";
import type { StepLogger } from "../../src/definition/step_context.ts";

/** What a line costs beside its text, so that a flood of empty lines has an end too. */
const lineCost = 32;

/** Hands lines to a step's log up to a number of bytes. */
export class LimitedLog {
  readonly #logger: StepLogger;
  #room: number;
  #dropped = 0;

  /** Keeps about `limit` bytes. */
  constructor(logger: StepLogger, limit: number) {
    this.#logger = logger;
    this.#room = limit;
  }

  /** Takes a line. */
  write(stream: "stdout" | "stderr", line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    this.#room -= bytes + lineCost;
    if (this.#room < 0) this.#dropped += bytes;
    else this.#logger.write(stream, line);
  }

  /** Ends the log: says what it does not have. */
  finish(): void {
    if (this.#dropped === 0) return;
    this.#logger.warn(
      `The log of this step is full: ${this.#dropped} more bytes were printed and are not kept`,
    );
  }
}
