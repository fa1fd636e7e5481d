import { VirtualClock } from "../../../src/testing/virtual_clock.ts";
import { SeededRandom } from "../seeded_random.ts";
import { scenarios } from "../workload/all.ts";
import { type NamedPlan, planOf } from "../workload/named_plan.ts";
import type { Scenario } from "../workload/scenario.ts";
import type { TrialStore } from "./stores.ts";
import { type Fate, nobodyDies, Trial, type TrialReport } from "./trial.ts";

/** What they come to depends on when somebody interferes, or on which branch is first. */
const racing = new Set(["any", "cancelled", "suspended", "terminated", "ending"]);

/** The writes that move runs. */
export const movingWrites = ["change", "claim", "commit", "create", "fanOut", "publish", "send"];

/** The writes that a host makes whatever it runs. The store's others tidy up what is long over, or was parked. */
export const ownWrites = [
  "clearOutbox",
  "closeIdleSinks",
  "forgetEvents",
  "openSink",
  "removeHost",
  "saveDefinition",
];

/** Which crashes to try at a point of a workflow: of the host alone, and with another one of the host behind it. */
export type Extent = (
  write: string,
  isFirst: boolean,
  index: number,
) => { readonly alone: boolean; readonly again: boolean };

/** So many violations are enough. */
export const most = 10;

/** How far the host that takes over comes at most before it dies too; it dies no later than when it stops. */
const furthest = 30;

/** A run that goes round its loops more than once, where it has some. */
function planFor(scenario: Scenario): NamedPlan {
  const plans = Array.from({ length: 20 }, (_, number) => planOf(`sweep${number}`, 0, [scenario]));
  return plans.find(({ plan }) => plan.data.size === 2) ?? plans[0]!;
}

/** What is wrong with what came of a crash. */
function* wrongs(calm: TrialReport, found: TrialReport, deaths: number): Iterable<string> {
  yield* found.violations;
  if (found.deaths !== deaths) yield `${found.deaths} hosts died, not ${deaths}`;
  const missing = [...calm.observed];
  for (const line of found.observed) {
    const place = missing.indexOf(line);
    if (place < 0) yield `has ${line}`;
    else missing.splice(place, 1);
  }
  yield* missing.map((line) => `lacks ${line}`);
}

/** The sweep over one store. */
export class Sweep {
  /** What is wrong. */
  readonly failed: string[] = [];
  /** The writes that were crashed at. */
  readonly reached = new Set<string>();
  readonly #open: (clock: VirtualClock) => TrialStore;
  readonly #extent: Extent;
  readonly #random = new SeededRandom("sweep");
  #points = 0;
  #alone = 0;
  #again = 0;

  constructor(open: (clock: VirtualClock) => TrialStore, extent: Extent) {
    this.#open = open;
    this.#extent = extent;
  }

  /** What was done, in a line. */
  get line(): string {
    return `${this.#points} points of ${scenarios.length} workflows, ${this.#alone} crashes alone, ` +
      `${this.#again} with another one behind; ${this.failed.length} violations`;
  }

  /** Crashes at all points of one workflow. */
  async run(scenario: Scenario, isFirst: boolean): Promise<void> {
    const calm = await this.#attempt(scenario, "no crash", nobodyDies);
    if (!calm) return;
    this.#fail(scenario, "no crash", calm.violations);
    for (const [index, point] of calm.points.entries()) {
      const write = point.split(" ")[0]!;
      const { alone, again } = this.#extent(write, isFirst, index);
      const isThere: Fate = (host, reaches) => host === 1 && reaches === point;
      if (alone) {
        this.#alone++;
        await this.#crash(scenario, calm, point, isThere, 1);
      }
      if (again) {
        this.#again++;
        const nth = this.#random.int(1, furthest);
        await this.#crash(
          scenario,
          calm,
          `${point}, then point ${nth}`,
          (host, reaches, count) =>
            isThere(host, reaches, count) ||
            host === 2 && (count === nth || reaches === "removeHost 1 before"),
          2,
        );
      }
      if (!alone && !again) continue;
      this.#points++;
      this.reached.add(write);
      if (this.failed.length >= most) return;
    }
  }

  async #crash(
    scenario: Scenario,
    calm: TrialReport,
    what: string,
    fate: Fate,
    deaths: number,
  ): Promise<void> {
    const found = await this.#attempt(scenario, what, fate);
    if (!found) return;
    const like = racing.has(scenario.id) ? { ...calm, observed: found.observed } : calm;
    this.#fail(scenario, what, wrongs(like, found, deaths));
  }

  async #attempt(scenario: Scenario, what: string, fate: Fate): Promise<TrialReport | null> {
    const clock = new VirtualClock();
    await using store = this.#open(clock);
    try {
      return await new Trial(clock, store, planFor(scenario), fate).run();
    } catch (error) {
      this.#fail(scenario, what, [String(error)]);
      return null;
    }
  }

  #fail(scenario: Scenario, what: string, found: Iterable<string>): void {
    for (const text of found) this.failed.push(`${scenario.id}, ${what}: ${text}`);
  }
}
