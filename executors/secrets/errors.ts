/** A secret has no value that can be used. No step of the run begins. The message never holds a value. */
export class SecretError extends Error {
  /** Tells this error from others. */
  readonly code = "SECRET";
  /** Name of the secret. */
  readonly secret: string;
  /** Whether another attempt may find it: a program may succeed, a variable stays missing. */
  readonly retryable: boolean;

  /** `why` completes the sentence and names the remedy. */
  constructor(secret: string, why: string, options: ErrorOptions & { readonly retryable?: boolean } = {}) {
    super(`Cannot use the secret ${JSON.stringify(secret)}: ${why}`, options);
    this.name = "SecretError";
    this.secret = secret;
    this.retryable = options.retryable ?? false;
  }
}
