import { boundCases } from "./cases/bounds.ts";
import { branchingCases } from "./cases/branching.ts";
import { controlCases } from "./cases/control.ts";
import { crashCases } from "./cases/crashes.ts";
import { crowdCases } from "./cases/crowds.ts";
import { dataCases } from "./cases/data.ts";
import { errorPolicyCases } from "./cases/error_policies.ts";
import { errorCases } from "./cases/errors.ts";
import { eventCases } from "./cases/events.ts";
import { expressionCases } from "./cases/expressions.ts";
import { hostCases } from "./cases/hosts.ts";
import { latencyCases } from "./cases/latency.ts";
import { lifecycleCases } from "./cases/lifecycle.ts";
import { lockCases } from "./cases/locks.ts";
import { loopCases } from "./cases/loops.ts";
import { noteCases } from "./cases/notes.ts";
import { purgeCases } from "./cases/purge.ts";
import { reopeningCases } from "./cases/reopening.ts";
import { sagaCases } from "./cases/sagas.ts";
import { statusCases } from "./cases/statuses.ts";
import { timerCases } from "./cases/timers.ts";
import { undoCases } from "./cases/undo.ts";
import { versionCases } from "./cases/versions.ts";
import { waitCases } from "./cases/waits.ts";
import type { Scene } from "./scene.ts";

/** Plays a case. */
export type Play = (scene: Scene) => Promise<void>;

/** A table of cases, by name. The number of a scenario of the semantics comes first, where it is one. */
export type Cases = Readonly<Record<string, Play>>;

/** The tables of cases in virtual time. An activity whose result becomes an output (14) comes with activities. */
export const tables: readonly Cases[] = [
  dataCases,
  branchingCases,
  loopCases,
  eventCases,
  waitCases,
  timerCases,
  sagaCases,
  undoCases,
  errorCases,
  errorPolicyCases,
  expressionCases,
  statusCases,
  controlCases,
  reopeningCases,
  hostCases,
  lifecycleCases,
  crashCases,
  purgeCases,
  noteCases,
  lockCases,
  boundCases,
  crowdCases,
  versionCases,
];

/** The cases in virtual time. */
export const cases: Cases = Object.fromEntries(tables.flatMap((table) => Object.entries(table)));

/** The cases in real time. */
export const realTimeCases: Cases = latencyCases;
