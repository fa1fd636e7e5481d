import { scenarios } from "../workload/all.ts";
import type { Choice, Crash, Point, Side } from "./sweep.ts";

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

/** Each point with each of these. */
export function everything(crashes: readonly Crash[]): Choice {
  return (points) => points.flatMap((point) => crashes.map((crash) => [point, crash] as const));
}

/**
 * Each point one of the ways. What hosts write whatever they run is crashed at in the first workflow alone.
 */
export const eachOnce: Choice = function* (points) {
  for (const point of points) {
    if (point.scenario !== scenarios[0] && !movingWrites.includes(point.write)) continue;
    yield [point, point.place % 4 > 2 || point.place % 4 === 0 ? "two deaths" : "death"];
  }
};

/** The statements on PostgreSQL that move runs. */
export const movingStatements = [
  "commit",
  "select wfe_fan_out",
  "select wfe_load",
  "select wfe_mail",
  "select wfe_pick",
  "select wfe_publish",
  "select wfe_write",
];

/** What is tried by turns: a host that dies leaves the same before a statement as behind the one before it. */
const turns: Readonly<Record<Side, readonly Crash[]>> = {
  before: ["death", "two deaths"],
  after: ["loss", "death"],
};

/**
 * On PostgreSQL: of each statement that moves runs, before and after it, one point in so many, from all workflows alike,
 * and two at least; of each other statement one point.
 */
export function sample(oneIn: number): Choice {
  return function* (points) {
    const isMoving = ({ write }: Point) => movingStatements.includes(write);
    const sorts = Map.groupBy(
      points,
      (point) => isMoving(point) ? `${point.write} ${point.side}` : point.write,
    );
    for (const sort of sorts.values()) {
      const count = isMoving(sort[0]!) ? Math.max(2, Math.floor(sort.length / oneIn)) : 1;
      for (let number = 0; number < count; number++) {
        const point = sort[Math.floor((number + 0.5) * sort.length / count)]!;
        yield [point, turns[point.side][number % 2]!];
      }
    }
  };
}
