import { longestText } from "../definition/check_text.ts";

/** The longest text by which something may be found. Nothing compresses it, as an index would try. */
export function longestKey(seed: number): string {
  let state = seed;
  let key = "";
  while (key.length < Math.floor(longestText / 3)) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    key += String.fromCharCode(0x4e00 + (state >> 8) % 20_000);
  }
  return key.padEnd(key.length + longestText % 3, "x");
}
