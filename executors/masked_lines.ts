import type { LineMask, Secrets } from "../src/definition/secrets.ts";

/** A stream of lines that goes to `emit`, masked where there are secrets. */
export function maskedLines(secrets: Secrets | undefined, emit: (line: string) => void): LineMask {
  return secrets?.maskLines(emit) ?? { push: emit, end: () => {} };
}
