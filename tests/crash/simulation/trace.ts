/** Everything that happens in a simulation, as lines; kept as a number that is the same for the same lines. */
export class Trace {
  readonly #onLine: ((line: string) => void) | undefined;
  #low = 0x811c9dc5;
  #high = 0x9dc5811c;

  /** `onLine` takes each line. */
  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Adds a line. */
  add(line: string): void {
    this.#onLine?.(line);
    for (let index = 0; index < line.length; index++) {
      const code = line.charCodeAt(index);
      this.#low = Math.imul(this.#low ^ code, 16777619);
      this.#high = Math.imul(this.#high + code, 0x85ebca6b) ^ (this.#high >>> 13);
    }
  }

  /** The number, in hexadecimal. */
  get digest(): string {
    return [this.#low, this.#high].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
