/** Whether something has ended before so much time has passed. Returns when the first of both has come. */
export function isWithin(milliseconds: number, end: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), milliseconds);
  void end.then(() => {
    clearTimeout(timer);
    resolve(true);
  });
  return promise;
}

/** Lets time pass. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** How long a number has stayed the same, whoever is how busy. */
export class Standstill {
  #since = -Infinity;
  #number: number | undefined;

  /** Whether it has been this one for longer, each time that it was told here. */
  isLongerThan(milliseconds: number, number: number | undefined): boolean {
    const now = performance.now();
    if (this.#since === -Infinity || number !== this.#number) [this.#since, this.#number] = [now, number];
    return now - this.#since > milliseconds;
  }
}
