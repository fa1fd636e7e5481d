/** Why a script step failed. */
export type ScriptFailure =
  /** The script threw, or left a rejection unhandled. */
  | "threw"
  /** It needed a permission that the step does not have. */
  | "permission"
  /** It is no module that can run: its syntax, or what it imports. */
  | "module"
  /** It ended itself, so that there is no result. */
  | "no-result"
  /** What it set is no JSON, or too much. */
  | "output"
  /** It needed more memory than it may have. */
  | "memory"
  /** It had more files and connections open than a process may have. */
  | "files"
  /** Its process ended by itself. */
  | "crashed";

/** A script failed. Its message is the script's own, with the place in the script. */
export class ScriptError extends Error {
  /** Tells this error from others. */
  readonly code = "SCRIPT_FAILED";
  /** What happened. */
  readonly reason: ScriptFailure;
  /** The file of the script that the place is in, relative to that of the workflow; none for `script`. */
  readonly file: string | undefined;
  /** Line in the script, from 1. */
  readonly line: number | undefined;
  /** Column in the script, from 1. */
  readonly column: number | undefined;

  /** An error at a place in the script; `stack` is the script's. */
  constructor(
    message: string,
    reason: ScriptFailure,
    place: {
      readonly file?: string;
      readonly line?: number;
      readonly column?: number;
      readonly stack?: string;
    } = {},
  ) {
    super(message);
    this.name = "ScriptError";
    this.reason = reason;
    this.file = place.file;
    this.line = place.line;
    this.column = place.column;
    if (place.stack !== undefined) this.stack = `ScriptError: ${message}${place.stack && `\n${place.stack}`}`;
  }
}

/** A step asks for a permission that cannot be granted as it is written. Nothing was run. */
export class ScriptPermissionError extends Error {
  /** Tells this error from others. */
  readonly code = "SCRIPT_PERMISSION";
  /** Another attempt would fail in the same way. */
  readonly retryable = false;
  /** The permission, like `net`. */
  readonly permission: string;

  /** `why` completes the sentence and names the remedy. */
  constructor(permission: string, received: unknown, why: string) {
    const shown = received === undefined ? "" : `, received ${JSON.stringify(received)}`;
    super(`Cannot grant ${permission} to a script: ${why}${shown}`);
    this.name = "ScriptPermissionError";
    this.permission = permission;
  }
}

/** The sandbox does not hold, or cannot be started, so no script is run. */
export class ScriptSandboxError extends Error {
  /** Tells this error from others. */
  readonly code = "SCRIPT_SANDBOX";

  /** `why` completes the sentence. */
  constructor(why: string, options?: ErrorOptions) {
    super(`Cannot run scripts: ${why}`, options);
    this.name = "ScriptSandboxError";
  }
}
