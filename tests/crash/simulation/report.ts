import { describe } from "../checkers/all.ts";
import type { SimulationReport } from "./simulation.ts";

const summed = ["kills", "stalls", "cutOffs", "jumps", "runs", "effects", "repeated", "time"] as const;

/** How to run a seed again whose simulation has no options. */
export function replaying(seed: string): string {
  return ` (deno task simulate --seed ${seed})`;
}

/** What came of many simulations, summed up. */
export class Figures {
  readonly #started = performance.now();
  readonly #sums: Record<typeof summed[number], number> = {
    kills: 0,
    stalls: 0,
    cutOffs: 0,
    jumps: 0,
    runs: 0,
    effects: 0,
    repeated: 0,
    time: 0,
  };
  readonly #failed: string[] = [];
  readonly #hint: (seed: string) => string;
  #seeds = 0;
  #lost = 0;
  #doubled = 0;
  #stuck = 0;

  /** `hint` says how to run a seed again, where the seed alone tells all. */
  constructor(hint: (seed: string) => string = () => "") {
    this.#hint = hint;
  }

  /** The simulations that failed, with what is wrong and how to run them again. */
  get failed(): readonly string[] {
    return this.#failed;
  }

  /** Adds one. */
  add(seed: string, report: SimulationReport): void {
    this.#seeds++;
    for (const key of summed) this.#sums[key] += report[key];
    for (const { checker, lost = 0, doubled = 0 } of report.violations) {
      this.#lost += lost;
      this.#doubled += doubled;
      if (checker === "stuck runs") this.#stuck++;
    }
    if (report.violations.length === 0) return;
    const lines = report.violations.slice(0, 5).map((violation) => `  ${describe(violation)}`);
    this.#failed.push([`seed ${seed}${this.#hint(seed)}:`, ...lines].join("\n"));
  }

  /** The line that is printed. */
  get line(): string {
    const { kills, stalls, cutOffs, jumps, runs, effects, repeated, time } = this.#sums;
    const seconds = (performance.now() - this.#started) / 1_000;
    return `${this.#seeds} seeds: ${kills} kills, ${stalls} stalls, ${cutOffs} cut-offs, ${jumps} clock jumps; ` +
      `${runs} runs, ${effects} effects, ${repeated} begun again; ` +
      `${this.#lost} lost, ${this.#doubled} doubled, ${this.#stuck} stuck; ` +
      `${(time / 3_600_000).toFixed(0)} h of virtual time in ${seconds.toFixed(1)} s`;
  }
}
