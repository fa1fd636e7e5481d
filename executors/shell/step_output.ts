import { Buffer } from "node:buffer";
import type { StepContext } from "../../src/definition/step_context.ts";
import { maskedLines } from "../masked_lines.ts";
import { LineSplitter } from "../process/line_splitter.ts";
import { readBytes } from "../process/read_bytes.ts";
import { ShellOutputError } from "./errors.ts";
import { readOutputLine } from "./output_line.ts";
import { AS_FILE, type DeclaredOutputs } from "./output_value.ts";

const TAIL_LINES = 10;
const LONGEST_TAIL_LINE = 1000;

/** Reads what the commands print: hands it to the log line by line, and notes the outputs and the last lines. */
export class StepOutput {
  /** Outputs set by lines, as texts. */
  readonly outputs: Map<string, string> = new Map();
  /** The last lines, of both streams in the order in which they were read. */
  readonly tail: string[] = [];
  readonly #ctx: StepContext;
  readonly #declared: DeclaredOutputs;
  #outputBytes = 0;
  #problem: ShellOutputError | undefined;

  /** The secrets of the context are masked before a line is cut or left out. */
  constructor(ctx: StepContext, declared: DeclaredOutputs) {
    this.#ctx = ctx;
    this.#declared = declared;
  }

  /** Reads one stream to its end; no faster than the log takes it, so that what prints too fast waits. */
  async read(name: "stdout" | "stderr", stream: ReadableStream<Uint8Array>): Promise<void> {
    const show = (line: string) => this.#show(name, line);
    const masked = maskedLines(this.#ctx.secrets, show);
    const splitter = new LineSplitter((line, isFromStart) => {
      masked.push(line);
      if (name === "stdout" && isFromStart) this.#readOutput(line);
    });
    await readBytes(stream, (bytes) => {
      splitter.push(bytes);
      return this.#ctx.logger.room();
    });
    splitter.end();
    masked.end();
  }

  /** @throws {ShellOutputError} The first thing that was wrong with an output line. */
  throwIfWrong(): void {
    if (this.#problem) throw this.#problem;
  }

  #show(stream: "stdout" | "stderr", line: string): void {
    if (
      this.tail.push(line.length > LONGEST_TAIL_LINE ? `${line.slice(0, LONGEST_TAIL_LINE)}…` : line) >
        TAIL_LINES
    ) {
      this.tail.shift();
    }
    this.#ctx.logger.write(stream, line);
  }

  #readOutput(line: string): void {
    try {
      const said = readOutputLine(line, this.#declared);
      if (said === undefined) return;
      if ("status" in said) return this.#ctx.setStatus(said.status);
      this.#outputBytes += Buffer.byteLength(line) + 1;
      const { output: limit } = this.#ctx.limits;
      if (this.#outputBytes > limit) {
        throw new ShellOutputError(
          `output lines may have ${limit} bytes together. ${AS_FILE}`,
        );
      }
      this.outputs.set(...said.output);
    } catch (error) {
      if (!(error instanceof ShellOutputError)) throw error;
      this.#problem ??= error;
    }
  }
}
