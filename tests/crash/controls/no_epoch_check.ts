import type { Transition } from "../../../src/instance/transition.ts";
import { layered } from "../evidence/recording_store.ts";
import type { Defect } from "../simulation/simulation.ts";

/** A store that takes whatever comes: a write of a host that has lost its lease overwrites what others have written. */
export function noEpochCheck(): Defect {
  return (store) => {
    const force = async (transition: Transition): Promise<Transition> => {
      const { epoch, sequence } = (await store.get(transition.instance.id))!;
      return { ...transition, epoch, sequence: sequence + 1 };
    };
    return layered(store, {
      async commit(transitions) {
        const outcomes = [...await store.commit(transitions)];
        for (const [index, outcome] of outcomes.entries()) {
          if (outcome.committed) continue;
          outcomes[index] = (await store.commit([await force(transitions[index]!)]))[0]!;
        }
        return outcomes;
      },
    });
  };
}
