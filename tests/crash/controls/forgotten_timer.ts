import type { Advance, Transition } from "../../../src/instance/transition.ts";
import { layered } from "../evidence/recording_store.ts";
import type { Defect } from "../simulation/simulation.ts";

/** A store that does not keep when a sleeping run is due. */
export function forgottenTimer(): Defect {
  const forget = (transition: Transition): Transition => {
    const { instance } = transition;
    // 0 is for work that is ready.
    return instance.nextWake ? { ...transition, instance: { ...instance, nextWake: null } } : transition;
  };
  return (store) =>
    layered(store, {
      create: (start) => store.create(forget(start)),
      commit: (transitions) => store.commit(transitions.map(forget)),
      claim: (request) => {
        const take: typeof request.take = (state, mail): Advance => {
          const { transition, state: after } = request.take(state, mail);
          return { state: after, transition: forget(transition) };
        };
        return store.claim({ ...request, take });
      },
    });
}
