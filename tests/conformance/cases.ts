import { dataCases } from "./cases/data.ts";
import type { Scene } from "./scene.ts";

/** Plays a case. */
export type Play = (scene: Scene) => Promise<void>;

/** A table of cases, by name. The number of a scenario of the semantics comes first, where it is one. */
export type Cases = Readonly<Record<string, Play>>;

/** The cases in virtual time. Scenario 14, an activity's result becoming an output, is proven with activities. */
export const cases: Cases = { ...dataCases };

/** The cases in real time. */
export const realTimeCases: Cases = {};
