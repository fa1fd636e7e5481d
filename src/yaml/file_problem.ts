/** A file that a workflow consists of, or that a step of it names, cannot be used. */
export class FileProblem extends Error {
  /** Tells this error from others. */
  readonly code = "FILE_PROBLEM";
  /** Completes the sentence "Cannot use the file: …". */
  readonly why: string;
  /** What the author can do about it, a sentence. */
  readonly remedy: string | undefined;

  /** A problem with a file; `cause` is what the system says. */
  constructor(why: string, remedy?: string, options?: ErrorOptions) {
    super(`Cannot use the file: ${why}`, options);
    this.name = "FileProblem";
    this.why = why;
    this.remedy = remedy;
  }
}
