import type { Clock } from "../../../src/engine/clock.ts";
import type { Timeline } from "./timeline.ts";

/**
 * A simulated process: its timers and what comes back from the store reach it only while it runs. A killed one never
 * hears of anything again; a stalled one hears of everything once it goes on.
 */
export class Process {
  /** Its name, new for each start. */
  readonly name: string;
  /** Its clock. */
  readonly clock: Clock;
  /** Resolves when it is killed. */
  readonly death: Promise<void>;
  readonly #timeline: Timeline;
  readonly #waiting: (() => void)[] = [];
  readonly #timers = new Set<Disposable>();
  #state: "running" | "stalled" | "dead" = "running";
  #die!: () => void;

  constructor(name: string, timeline: Timeline) {
    this.name = name;
    this.#timeline = timeline;
    this.death = new Promise((resolve) => this.#die = resolve);
    this.clock = {
      monotonic: () => timeline.monotonic(),
      schedule: (delay, callback) => this.#schedule(delay, callback),
    };
  }

  /** Whether it runs now. */
  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Whether it was killed. */
  get isDead(): boolean {
    return this.#state === "dead";
  }

  /** How many timers it has set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets it hear of something. */
  tell(action: () => void): void {
    if (this.#state === "running") action();
    else if (this.#state === "stalled") this.#waiting.push(action);
  }

  /** `kill -9`. */
  kill(): void {
    this.#state = "dead";
    this.#waiting.length = 0;
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers.clear();
    this.#die();
  }

  /** `kill -STOP`, and `kill -CONT` some time later. */
  stall(milliseconds: number): void {
    if (this.#state !== "running") return;
    this.#state = "stalled";
    this.#timeline.schedule(milliseconds, () => {
      if (this.#state !== "stalled") return;
      this.#state = "running";
      for (const action of this.#waiting.splice(0)) this.tell(action);
    });
  }

  #schedule(delay: number, callback: () => void): Disposable {
    let over = false;
    const timer = this.#timeline.schedule(delay, () =>
      this.tell(() => {
        if (over) return;
        end();
        callback();
      }));
    const end = (): void => {
      over = true;
      timer[Symbol.dispose]();
      this.#timers.delete(timer);
    };
    this.#timers.add(timer);
    return { [Symbol.dispose]: end };
  }
}
