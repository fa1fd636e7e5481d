import { storableText } from "../definition/storable_text.ts";

/** Most characters that are kept of a reason. */
const longest = 10_000;

/** A reason that a caller gives, as every store keeps it: at most 10,000 characters; null where there is none. */
export function reasonOf(reason: string | undefined): string | null {
  return reason === undefined || reason === null ? null : storableText(String(reason).slice(0, longest));
}
