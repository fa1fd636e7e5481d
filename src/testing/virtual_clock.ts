import { setImmediate } from "node:timers";
import { type Duration, formatDuration, parseDuration } from "../definition/duration.ts";
import { ManualClock } from "./manual_clock.ts";

/** Turns of the event loop in which nothing happens before time passes: listeners and waiters have their say first. */
const quietTurns = 3;

const defaultPatience = "30s";

/** Options of {@linkcode VirtualClock.until}. */
export interface UntilOptions {
  /**
   * Virtual time after which it is given up.
   * @default "1d"
   */
  readonly within?: Duration;
  /**
   * Real time after which it is given up because the same step bodies, or calls of the store, are still under way: what
   * they wait for may be this clock.
   * @default "30s"
   */
  readonly patience?: Duration;
}

/**
 * A clock for tests that wait: time passes at once, from one timer to the next, but only while somebody asks for it
 * and the engine has nothing to do, so never while a step body runs or a commit is under way. Give it to the host and
 * to the store. A host's heartbeats are among the timers: where months pass, `leaseTtl("1h")` makes them few.
 *
 * @example A day in a moment
 * ```ts
 * import { MemoryPersistence, WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";
 * import { VirtualClock } from "@wfe/engine/testing";
 *
 * const reminder = new WorkflowBuilder().startWith(() => {}).name("Begin").delay("20h").name("Wait").build("reminder", 1);
 * const clock = new VirtualClock();
 * await using host = new WorkflowHostBuilder()
 *   .usePersistence(new MemoryPersistence({ clock })).useClock(clock).build();
 * host.registerWorkflow(reminder);
 * await host.start();
 * const run = await host.startWorkflow("reminder");
 * await clock.until(run.result());
 * await clock.until(host.stop());
 * ```
 */
export class VirtualClock extends ManualClock {
  #holds = 0;
  #holdings = 0;
  /** Called when nothing holds the clock any more, or what somebody waits for has settled. */
  readonly #waiting = new Set<() => void>();

  /** Time stands still until the returned function is called. */
  hold(): () => void {
    this.#holds++;
    this.#holdings++;
    let held = true;
    return () => {
      if (held && --this.#holds === 0) this.#wake();
      held = false;
    };
  }

  /**
   * Lets time pass until a promise settles, and returns its result.
   *
   * @throws {Error} when it does not settle within a virtual day, or what `within` says, or time cannot pass
   */
  async until<Result>(promise: Promise<Result>, options: UntilOptions = {}): Promise<Result> {
    const { within = "1d", patience = defaultPatience } = options;
    let settled = false;
    const settle = (): void => {
      settled = true;
      this.#wake();
    };
    promise.then(settle, settle);
    const end = this.monotonic() + parseDuration(within);
    while (!await this.#isQuiet(() => settled, patience)) {
      const next = this.nextTimer();
      if (next === null || next > end) {
        throw new Error(
          `Cannot wait any longer: nothing happened within ${
            formatDuration(parseDuration(within))
          } of virtual time`,
        );
      }
      this.advance(next - this.monotonic());
    }
    return await promise;
  }

  /** Lets a span of time pass, with all that happens in it. */
  async pass(duration: Duration): Promise<void> {
    const end = this.monotonic() + parseDuration(duration);
    for (;;) {
      await this.#isQuiet(() => false);
      const next = this.nextTimer();
      this.advance(Math.min(next ?? end, end) - this.monotonic());
      if (this.monotonic() < end) continue;
      await this.#isQuiet(() => false);
      if ((this.nextTimer() ?? Infinity) > end) return;
    }
  }

  /** Resolves with false once nothing has happened for some turns, with true as soon as `over` says so. */
  async #isQuiet(over: () => boolean, patience: Duration = defaultPatience): Promise<boolean> {
    for (let quiet = 0; quiet < quietTurns;) {
      const before = this.#holdings;
      await new Promise((resolve) => setImmediate(resolve));
      if (over()) return true;
      quiet = this.#holds === 0 && this.#holdings === before ? quiet + 1 : 0;
      if (this.#holds > 0) await this.#letGo(patience);
    }
    return false;
  }

  /**
   * Resolves when nothing holds the clock any more, or what is waited for has settled. Turning the event loop meanwhile
   * would take the processor from the server that is asked.
   */
  async #letGo(patience: Duration): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let holdings = this.#holdings;
    const timer = setInterval(() => {
      if (this.#holdings === holdings) reject(new Error(heldTooLong(patience)));
      holdings = this.#holdings;
    }, parseDuration(patience));
    this.#waiting.add(resolve);
    try {
      await promise;
    } finally {
      clearInterval(timer);
      this.#waiting.delete(resolve);
    }
  }

  #wake(): void {
    for (const resume of this.#waiting) resume();
  }
}

function heldTooLong(patience: Duration): string {
  return `Cannot let time pass: for ${
    formatDuration(parseDuration(patience))
  } of real time a step body, or a call of the store, has been under way; a body that waits for virtual time must do so by \`ExecutionResult.sleep\` or end when \`ctx.signal\` aborts`;
}
