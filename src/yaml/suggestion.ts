import { distance } from "fastest-levenshtein";

/** Nobody mistypes a longer name, and the distance of two texts costs the product of their lengths. */
const longest = 100;

/** The candidate that a mistyped text most likely means, if one is near enough; case counts for nothing. */
export function closest(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length > longest) return undefined;
  let best: string | undefined;
  // Two letters in the wrong order count as two edits.
  let least = (text.length < 3 ? 1 : Math.max(2, Math.floor(text.length / 3))) + 1;
  for (const candidate of candidates) {
    if (candidate.length > longest) continue;
    const edits = distance(text.toLowerCase(), candidate.toLowerCase());
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

/** A remedy: the near candidate, else all of them. */
export function suggest(text: string, candidates: readonly string[], what: string): string {
  const near = closest(text, candidates);
  return near === undefined ? `Known ${what}: ${candidates.join(", ")}.` : `Did you mean "${near}"?`;
}
