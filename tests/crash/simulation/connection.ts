import { StoreError } from "../../../src/provider/errors.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import type { SeededRandom } from "../seeded_random.ts";
import type { Process } from "./process.ts";
import type { Timeline } from "./timeline.ts";

/** How bad a connection is. */
export interface Weather {
  /** Milliseconds that a message to or from the store takes, on average. */
  readonly latency: number;
  /** Share of the calls that fail before they reach the store. */
  readonly refused: number;
  /** Share of the calls whose acknowledgement is lost. */
  readonly unacknowledged: number;
  /** Share of the hints, that somebody else has written, which are lost. */
  readonly hintsLost: number;
}

/** What a connection needs. */
export interface ConnectionParts {
  /** The store. */
  readonly store: Persistence;
  /** Whose connection it is. */
  readonly process: Process;
  /** Time. */
  readonly timeline: Timeline;
  /** Chance. */
  readonly random: SeededRandom;
  /** How bad it is now. */
  readonly weather: () => Weather;
}

/** Methods whose arguments run code of the caller: they cannot be under way without it. */
const calling: ReadonlySet<string> = new Set(["claim", "change"]);

/**
 * A process's connection to the store: every call takes time both ways, may fail before or after it has done its work,
 * and ends with the process, what is under way included or not.
 */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #listeners = new Set<() => void>();
  #cutOffUntil = -Infinity;
  /** When the last commit arrives: none overtakes it. */
  #lastCommit = -Infinity;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** No call gets through for some time. */
  cutOff(milliseconds: number): void {
    this.#cutOffUntil = this.#parts.timeline.monotonic() + milliseconds;
  }

  /** Somebody else has written. */
  hint(): void {
    const { random, weather, timeline, process } = this.#parts;
    if (this.#listeners.size === 0 || random.chance(weather().hintsLost)) return;
    timeline.schedule(random.span(weather().latency), () =>
      process.tell(() => {
        for (const listener of this.#listeners) listener();
      }));
  }

  /** The store as the process reaches it. */
  get store(): Persistence {
    const { store } = this.#parts;
    return new Proxy(store, {
      get: (target, name): unknown => {
        if (name === "now") return () => target.now();
        if (name === "watch") return (listener: () => void) => this.#watch(listener);
        const member = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => this.#call(String(name), () => member.apply(target, args));
      },
    });
  }

  #watch(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #call(name: string, action: () => Promise<unknown>): Promise<unknown> {
    const { timeline, process, random, weather } = this.#parts;
    const { latency, refused, unacknowledged } = weather();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const answer = (settle: () => void): void => {
      timeline.schedule(random.span(latency), () => process.tell(settle));
    };
    const fail = (): void =>
      answer(() => reject(new StoreError("busy", `Cannot ${name}: simulated trouble of the store`)));
    const perform = (): void => {
      if (process.isDead && (calling.has(name) || random.chance(0.5))) return;
      if (this.#isCutOff || random.chance(refused)) return fail();
      action().then(
        (result) => this.#isCutOff || random.chance(unacknowledged) ? fail() : answer(() => resolve(result)),
        (error) => answer(() => reject(error)),
      );
    };
    const arrival = timeline.monotonic() + random.span(latency);
    const at = name === "commit" ? this.#lastCommit = Math.max(arrival, this.#lastCommit) : arrival;
    timeline.schedule(
      at - timeline.monotonic(),
      () => calling.has(name) ? process.tell(perform) : perform(),
    );
    return promise;
  }

  get #isCutOff(): boolean {
    return this.#parts.timeline.monotonic() < this.#cutOffUntil;
  }
}
