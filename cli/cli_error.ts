import { exitCodes } from "./exit_codes.ts";

/** Ends the command with a message for the user and an exit code; never with a stack. */
export class CliError extends Error {
  /** Tells this error from others. */
  readonly code = "CLI";
  /** What the process ends with. */
  readonly exitCode: number;

  /** `message` says what cannot be done, why, and what helps. */
  constructor(message: string, exitCode: number = exitCodes.usage, options?: ErrorOptions) {
    super(message, options);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}
