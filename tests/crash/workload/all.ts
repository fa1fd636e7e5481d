import { cancelled, suspended, terminated } from "./controls.ts";
import { calledOff, ending } from "./endings.ts";
import { besides, inbox, news, patient } from "./events.ts";
import { doomed, flaky, poison, suspending } from "./failures.ts";
import { all, any } from "./joins.ts";
import { jump, line } from "./lines.ts";
import { each, inOrder, loop } from "./loops.ts";
import { goesOn, startsAgain, undone } from "./sagas.ts";
import type { Scenario } from "./scenario.ts";
import { hanging, timers } from "./timers.ts";

/** Every primitive, and everything that can be done to a run. */
export const scenarios: readonly Scenario[] = [
  line,
  jump,
  loop,
  each,
  inOrder,
  all,
  any,
  undone,
  goesOn,
  startsAgain,
  inbox,
  besides,
  news,
  patient,
  timers,
  hanging,
  flaky,
  doomed,
  suspending,
  ending,
  calledOff,
  suspended,
  cancelled,
  terminated,
];

/** All but one whose step has a timeout: a machine that is busy may not give an attempt that much of real time. */
export const timeless: readonly Scenario[] = scenarios.filter((scenario) => scenario !== hanging);

export { poison };
