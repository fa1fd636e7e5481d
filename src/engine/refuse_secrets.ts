import type { JsonValue } from "../definition/json.ts";
import type { Secrets } from "../definition/secrets.ts";

/** What a step wants to have kept holds a secret, as it is or encoded. Nothing of the attempt is kept. */
export class SecretExposedError extends Error {
  /** Tells this error from others. */
  readonly code = "SECRET_EXPOSED";
  /** Another attempt would want the same. */
  readonly retryable = false;
  /** Name of the secret. */
  readonly secret: string;

  /** `what` names the value for people. */
  constructor(what: string, secret: string) {
    super(
      `Cannot store ${what}: it holds the secret ${JSON.stringify(secret)}, and secrets are never stored. ` +
        `Leave it out; a step that needs it reads the secret itself, by \${{ secrets.${secret} }} or ctx.secrets`,
    );
    this.name = "SecretExposedError";
    this.secret = secret;
  }
}

/**
 * Looks for secrets in all texts and numbers of a value, keys included.
 *
 * @param what names the value for people
 * @throws {SecretExposedError} where there is one
 */
export function refuseSecrets(value: JsonValue, what: string, secrets: Secrets): void {
  const refuse = (text: string, place: string) => {
    const secret = secrets.find(text);
    if (secret !== undefined) throw new SecretExposedError(place, secret);
  };
  if (typeof value === "string") refuse(value, what);
  else if (typeof value === "number") refuse(JSON.stringify(value), what);
  else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      // A key that holds one is not named.
      refuse(key, what);
      refuseSecrets(member as JsonValue, `${what}.${key}`, secrets);
    }
  }
}
