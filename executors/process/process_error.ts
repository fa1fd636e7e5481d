/** Why a process tree could not be started. */
export type ProcessStartReason = "permission" | "no-shell" | "directory" | "too-large" | "invalid" | "other";

/** A process tree could not be started; nothing runs. */
export class ProcessStartError extends Error {
  /** Tells this condition from others. */
  readonly code = "PROCESS_START";
  /** Another attempt would fail in the same way. */
  readonly retryable: boolean;

  /** An error with a message for people, and the reason for programs. */
  constructor(message: string, readonly reason: ProcessStartReason, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProcessStartError";
    this.retryable = reason === "other";
  }
}
