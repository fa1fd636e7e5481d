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
  readonly #timers = new Set<Disposable>();
  readonly #virtual: VirtualClock;
  /** How much of the engine holds the clock, and how many of its bodies let time pass meanwhile. */
  #holds = 0;
  #resting = 0;
  #release: (() => void) | null = null;
  #die!: () => void;
  #isDead = false;

  constructor(clock: VirtualClock) {
    this.death = new Promise((resolve) => this.#die = resolve);
    this.#virtual = clock;
    this.clock = {
      monotonic: () => clock.monotonic(),
      schedule: (delay, callback) => this.#schedule(clock, delay, callback),
      hold: () => this.#hold(),
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
    this.#balance();
    this.#die();
  }

  /**
   * Lets time pass within a body, which otherwise keeps it from passing; rejects with the signal's reason when that
   * aborts.
   */
  rest(milliseconds: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal.aborted) return Promise.reject(signal.reason);
    const over = (): void => {
      this.#resting--;
      timer[Symbol.dispose]();
      signal.removeEventListener("abort", abort);
      this.#balance();
    };
    const abort = (): void => {
      over();
      reject(signal.reason);
    };
    const timer = this.clock.schedule(milliseconds, () => {
      over();
      resolve();
    });
    signal.addEventListener("abort", abort, { once: true });
    this.#resting++;
    this.#balance();
    return promise;
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

  #hold(): () => void {
    this.#holds++;
    this.#balance();
    let held = true;
    return () => {
      if (held) this.#holds--;
      held = false;
      this.#balance();
    };
  }

  /** The clock stands while more holds it than rests. */
  #balance(): void {
    if (!this.#isDead && this.#holds > this.#resting) {
      this.#release ??= this.#virtual.hold();
    } else {
      this.#release?.();
      this.#release = null;
    }
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
