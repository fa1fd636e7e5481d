/** Where the engine takes chance from. */
export interface Random {
  /** A number from 0 up to 1. */
  number(): number;
}

/** Drawn in bulk: asking the machine for each number costs as much as the rest of a transition. */
const drawn = new Uint32Array(1_024);
let used = drawn.length;

/** The random source of the machine. */
export const systemRandom: Random = Object.freeze({
  number: () => {
    if (used === drawn.length) {
      crypto.getRandomValues(drawn);
      used = 0;
    }
    return drawn[used++]! / 2 ** 32;
  },
});

/** Crockford's base 32: no letters that look like digits. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** A new id of 26 characters: ten of time, so that ids sort by age, and sixteen (80 bits) of chance. */
export function newId(now: number, random: Random): string {
  const time = Array.from({ length: 10 }, (_, index) => alphabet[Math.floor(now / 32 ** (9 - index)) % 32]);
  const chance = Array.from({ length: 16 }, () => alphabet[Math.floor(random.number() * 32)]);
  return [...time, ...chance].join("");
}
