import type { SeededRandom } from "../seeded_random.ts";
import type { Weather } from "./connection.ts";
import type { Machine } from "./machine.ts";
import type { Timeline } from "./timeline.ts";

/** What is done to the processes of a simulation. */
export interface Faults {
  /** Milliseconds between two faults, on average; Infinity for none. */
  readonly interval: number;
  /** How bad connections are. */
  readonly weather: Weather;
  /** Shares of kills and of stalls among the faults; the rest are connections that are cut off. */
  readonly shares: readonly [kills: number, stalls: number];
  /** Milliseconds that a stall or a cut lasts, on average. A lease lasts for 10,000. */
  readonly span: number;
  /** Share of the faults that move the store's clock. */
  readonly jumps: number;
}

/** How often each kind of fault has happened. */
export interface FaultCounts {
  /** `kill -9`. */
  kills: number;
  /** `kill -STOP`. */
  stalls: number;
  /** Connections cut off. */
  cutOffs: number;
  /** Jumps of the store's clock. */
  jumps: number;
}

/** Connections that lose nothing. */
export const fairWeather: Weather = { latency: 2, refused: 0, unacknowledged: 0, hintsLost: 0 };

/** Nothing is disturbed. */
export const noFaults: Faults = {
  interval: Infinity,
  weather: fairWeather,
  shares: [0, 0],
  span: 0,
  jumps: 0,
};

/** Faults of every kind; how many of which is drawn. */
export function drawFaults(random: SeededRandom): Faults {
  const some = (most: number): number => random.chance(0.5) ? random.number() * most : 0;
  return {
    interval: random.int(800, 8_000),
    weather: {
      latency: random.int(1, 40),
      refused: some(0.05),
      unacknowledged: some(0.05),
      hintsLost: some(1),
    },
    shares: [0.5, 0.25],
    span: 6_000,
    jumps: random.chance(0.2) ? 0.1 : 0,
  };
}

const hour = 3_600_000;

/** Disturbs until told to stop. Most stalls and cuts are short, some outlast a lease. */
export async function disturb(
  { interval, jumps, shares: [kills, stalls], span }: Faults,
  { machines, timeline, random, counts, isOver }: {
    readonly machines: readonly Machine[];
    readonly timeline: Timeline;
    readonly random: SeededRandom;
    readonly counts: FaultCounts;
    readonly isOver: () => boolean;
  },
): Promise<void> {
  if (interval === Infinity) return;
  for (;;) {
    await timeline.sleep(random.span(interval));
    if (isOver()) return;
    const machine = random.pick(machines);
    const { process, connection } = machine;
    if (random.chance(jumps)) {
      timeline.jump(random.chance(0.5) ? hour : -hour);
      counts.jumps++;
      continue;
    }
    const share = random.number();
    if (share < kills) {
      if (process?.isRunning) counts.kills++;
      machine.kill();
    } else if (share < kills + stalls) {
      if (process?.isRunning) counts.stalls++;
      process?.stall(random.span(span));
    } else {
      counts.cutOffs++;
      connection?.cutOff(random.span(span));
    }
  }
}
