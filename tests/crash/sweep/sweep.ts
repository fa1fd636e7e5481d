import { VirtualClock } from "../../../src/testing/virtual_clock.ts";
import { SeededRandom } from "../seeded_random.ts";
import { scenarios } from "../workload/all.ts";
import { type NamedPlan, planOf } from "../workload/named_plan.ts";
import type { Scenario } from "../workload/scenario.ts";
import type { OpenTrialStore } from "./stores.ts";
import { type Fate, nothingHappens, stopped, Trial, type TrialReport } from "./trial.ts";

/** What they come to depends on when somebody interferes, or on which branch is first. */
const racing = new Set(["any", "cancelled", "suspended", "terminated", "ending"]);

/** The side of a write that a point is on. */
export type Side = "before" | "after";

/** A point of a workflow: a moment just before or just after a write. */
export interface Point {
  /** The workflow. */
  readonly scenario: Scenario;
  /** Its name, as `commit 3 before`. */
  readonly name: string;
  /** The write, as `commit`. */
  readonly write: string;
  /** Which side of it. */
  readonly side: Side;
  /** Which of the points of the workflow's first host it is, from 1. */
  readonly place: number;
}

/** What the name of a point says. */
function pointOf(name: string): Pick<Point, "write" | "side"> {
  const [, write, side] = /^(.*) \d+ (before|after)$/.exec(name)!;
  return { write: write!, side: side as Side };
}

/**
 * What happens at a point: the host dies; it does, and so does the one that takes over from it; or the host loses its
 * connection.
 */
export type Crash = "death" | "two deaths" | "loss";

/** Chooses what is to be tried. */
export type Choice = (points: readonly Point[]) => Iterable<readonly [point: Point, crash: Crash]>;

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
  /** The writes that were crashed at, with what happened: `commit after: loss`. */
  readonly reached = new Set<string>();
  readonly #open: OpenTrialStore;
  readonly #random = new SeededRandom("sweep");
  readonly #counts: Record<Crash, number> = { "death": 0, "two deaths": 0, "loss": 0 };
  #points = 0;

  constructor(open: OpenTrialStore) {
    this.#open = open;
  }

  /** What was done, in a line. */
  get line(): string {
    const counts = Object.entries(this.#counts).filter(([, count]) => count > 0);
    return `${this.#points} points of ${scenarios.length} workflows; ` +
      `${
        counts.map(([crash, count]) => `${count} times ${crash}`).join(", ")
      }; ${this.failed.length} violations`;
  }

  /** Goes through all workflows, once without and then with the crashes that are chosen. */
  async run(choose: Choice): Promise<void> {
    const calm = new Map<Scenario, TrialReport>();
    for (const scenario of scenarios) {
      const report = await this.#attempt(scenario, "no crash", nothingHappens);
      if (!report) return;
      this.#fail(scenario, "no crash", report.violations);
      calm.set(scenario, report);
    }
    const points = [...calm].flatMap(([scenario, report]) =>
      report.points.map((name, index) => ({ scenario, name, place: index + 1, ...pointOf(name) }))
    );
    this.#points = points.length;
    for (const [point, crash] of choose(points)) {
      if (this.failed.length >= most) return;
      await this.#crash(point, crash, calm.get(point.scenario)!);
    }
  }

  async #crash(
    { scenario, name, write, side }: Point,
    crash: Crash,
    calm: TrialReport,
  ): Promise<void> {
    const nth = this.#random.int(1, furthest);
    const what = crash === "two deaths" ? `${crash} at ${name}, then at point ${nth}` : `${crash} at ${name}`;
    const blow = crash === "loss" ? "loss" : "death";
    this.#counts[crash]++;
    const found = await this.#attempt(scenario, what, (host, reaches, count) => {
      const isLast = reaches === stopped;
      if (host === 2) return crash === "two deaths" && (count === nth || isLast) ? "death" : null;
      // Statements that depend on the time that passes may be fewer than they were without a crash.
      if (host === 1 && isLast && blow === "death") return blow;
      if (host !== 1 || reaches !== name) return null;
      this.reached.add(`${write} ${side}: ${blow}`);
      return blow;
    });
    if (!found) return;
    const like = racing.has(scenario.id) ? { ...calm, observed: found.observed } : calm;
    const deaths = { "loss": 0, "death": 1, "two deaths": 2 }[crash];
    this.#fail(scenario, what, wrongs(like, found, deaths));
  }

  async #attempt(scenario: Scenario, what: string, fate: Fate): Promise<TrialReport | null> {
    const clock = new VirtualClock();
    await using store = await this.#open(clock);
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
