import { layered } from "../evidence/recording_store.ts";
import type { Defect } from "../simulation/simulation.ts";

/** A store that records results under the attempt before: an old result is taken for that of a new attempt. */
export function staleResult(): Defect {
  return (store) =>
    layered(store, {
      commit: (transitions) =>
        store.commit(transitions.map((transition) => ({
          ...transition,
          pointers: transition.pointers.map((pointer) =>
            pointer.status === "Complete" && pointer.attempt > 1
              ? { ...pointer, attempt: pointer.attempt - 1 }
              : pointer
          ),
        }))),
    });
}
