import type { Clock } from "../../../src/engine/clock.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import type { VirtualClock } from "../../../src/testing/virtual_clock.ts";

/**
 * What a host in this process has of the world, and loses when it is said to be dead: its timers, its hold on the
 * clock, and every answer of the store.
 */
export class Mortal {
  /** Its clock. */
  readonly clock: Required<Clock>;
  /** Resolves when it dies. */
  readonly death: Promise<void>;
  readonly #releases = new Set<() => void>();
  readonly #timers = new Set<Disposable>();
  #die!: () => void;
  #isDead = false;

  constructor(clock: VirtualClock) {
    this.death = new Promise((resolve) => this.#die = resolve);
    this.clock = {
      monotonic: () => clock.monotonic(),
      schedule: (delay, callback) => this.#schedule(clock, delay, callback),
      hold: () => this.#hold(clock),
    };
  }

  /** Whether it is dead. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Dies: nothing reaches it any more. */
  die(): void {
    this.#isDead = true;
    for (const timer of this.#timers) timer[Symbol.dispose]();
    for (const release of this.#releases) release();
    this.#die();
  }

  /** The store as it reaches it. */
  reach(store: Persistence): Persistence {
    return new Proxy(store, {
      get: (target, name): unknown => {
        const member = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        if (name === "now") return () => target.now();
        return (...args: unknown[]): unknown => {
          if (this.#isDead) return never();
          const result = member.apply(target, args);
          if (!(result instanceof Promise)) return result;
          return result.then(
            (value) => this.#isDead ? never() : value,
            (error) => this.#isDead ? never() : Promise.reject(error),
          );
        };
      },
    });
  }

  #schedule(clock: VirtualClock, delay: number, callback: () => void): Disposable {
    if (this.#isDead) return { [Symbol.dispose]: () => {} };
    const timer = clock.schedule(delay, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
    return {
      [Symbol.dispose]: () => {
        timer[Symbol.dispose]();
        this.#timers.delete(timer);
      },
    };
  }

  #hold(clock: VirtualClock): () => void {
    if (this.#isDead) return () => {};
    const letGo = clock.hold();
    const release = (): void => {
      letGo();
      this.#releases.delete(release);
    };
    this.#releases.add(release);
    return release;
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
