/** Commands of a shell step ended with another exit code than 0. */
export class ShellStepError extends Error {
  /** Tells this error from others. */
  readonly code = "SHELL_EXIT";
  /** The shell's exit code; 128 + n after signal n. */
  readonly exitCode: number;
  /** The signal that an exit code above 128 stands for. */
  readonly signal: string | null;
  /** The last lines of standard output and standard error, in the order in which they were read. */
  readonly tail: readonly string[];

  /** An error that shows the last lines. */
  constructor(exitCode: number, signal: string | null, tail: readonly string[]) {
    const by = signal === null ? "" : ` (${signal})`;
    const lines = tail.length === 0 ? ". They printed nothing" : `. Last lines:\n${tail.join("\n")}`;
    super(`The commands failed with exit code ${exitCode}${by}${lines}`);
    this.name = "ShellStepError";
    this.exitCode = exitCode;
    this.signal = signal;
    this.tail = tail;
  }
}

/** A shell step succeeded, but what it set as its outputs cannot be taken. */
export class ShellOutputError extends Error {
  /** Tells this error from others. */
  readonly code = "SHELL_OUTPUT";

  /** `problem` completes the sentence and names the remedy. */
  constructor(problem: string, options?: ErrorOptions) {
    super(`Cannot take the outputs of the step: ${problem}`, options);
    this.name = "ShellOutputError";
  }
}

/** A step asks for a shell that this system does not have, or that Deno may not run. Nothing was run. */
export class ShellMissingError extends Error {
  /** Tells this error from others. */
  readonly code = "SHELL_MISSING";
  /** Another attempt would fail in the same way. */
  readonly retryable = false;

  /** An error that names the shell. */
  constructor(readonly shell: string) {
    super(
      `Cannot run a step with '${shell}': it is not found in PATH, or Deno may not run it. ` +
        `Install it and allow --allow-run=bash,sh, or write the step for another shell`,
    );
    this.name = "ShellMissingError";
  }
}
