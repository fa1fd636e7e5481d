import type { Random } from "../../src/engine/random.ts";

/**
 * Chance that is the same for the same seed: every choice of a crash test comes from here, so that a failing seed can
 * be run again. The generator is sfc32.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed` is any text or number. */
  constructor(seed: string | number) {
    const hash = (salt: number): number => {
      let sum = 2166136261 ^ salt;
      for (const character of String(seed)) sum = Math.imul(sum ^ character.codePointAt(0)!, 16777619);
      return sum;
    };
    [this.#a, this.#b, this.#c] = [hash(1), hash(2), hash(3)];
    for (let round = 0; round < 12; round++) this.number();
  }

  /** A number from 0 up to 1. */
  number(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.number() * (high - low + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.number() < probability;
  }

  /** One of several. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.int(0, items.length - 1)]!;
  }

  /** A span around `mean`, mostly shorter, at times much longer. */
  span(mean: number): number {
    return -Math.log(1 - this.number()) * mean;
  }

  /** Chance of its own for one part of a test: what the others draw does not change it. */
  fork(part: string | number): SeededRandom {
    return new SeededRandom(`${part}/${this.number()}`);
  }
}
