import { layered } from "../evidence/recording_store.ts";
import type { Defect } from "../simulation/simulation.ts";

/** A store that does not keep how often a step has failed: after each crash its retries count from the start. */
export function forgottenFailures(): Defect {
  return (store) =>
    layered(store, {
      commit: (transitions) =>
        store.commit(transitions.map((transition) => ({
          ...transition,
          pointers: transition.pointers.map((pointer) => ({ ...pointer, failures: 0 })),
        }))),
    });
}
