import { noAttributes } from "../definition/attributes.ts";
import type { Instance } from "./instance.ts";

/** What every run begins with, whatever it is a run of. */
export const newInstance = Object.freeze(
  {
    status: "Runnable",
    attempt: 1,
    sequence: 0,
    nextWake: null,
    inboxSeq: 0,
    inboxRead: 0,
    nextPointer: 1,
    carried: null,
    crashes: 0,
    forks: Object.freeze({}),
    ending: null,
    reason: null,
    parkedReason: null,
    error: null,
    attributes: noAttributes,
    endedAt: null,
  } satisfies Partial<Instance>,
);
