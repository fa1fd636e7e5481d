import type { Secrets } from "../../src/definition/secrets.ts";
import type { ThrownByScript } from "./result.ts";

/** What a script threw, its secrets masked: before any of it is cut, so that no part of one is left. */
export function maskReport(
  { name, message, stack, cause }: ThrownByScript,
  secrets: Secrets | undefined,
): ThrownByScript {
  const mask = (text: string) => secrets?.mask(text) ?? text;
  return { name: mask(name), message: mask(message), stack: mask(stack), cause: mask(cause) };
}
