import { isSettled } from "../../../src/instance/status.ts";
import type { Transition } from "../../../src/instance/transition.ts";
import type { CommitOutcome } from "../../../src/provider/persistence.ts";
import { layered } from "../evidence/recording_store.ts";
import type { Defect } from "../simulation/simulation.ts";

/** A store that writes results in a transaction of their own, before what follows from them. */
export function twoTransactions(): Defect {
  return (store, process, timeline) => {
    /** By run: how many more transitions the store has than the host knows of. */
    const ahead = new Map<string, number>();

    const moved = (transition: Transition, by: number): Transition => {
      const sequence = transition.sequence + by;
      return { ...transition, sequence, instance: { ...transition.instance, sequence } };
    };

    const write = async (transition: Transition): Promise<CommitOutcome> => {
      const { id } = transition.instance;
      const by = ahead.get(id) ?? 0;
      const before = await store.get(id);
      const results = transition.pointers.filter(({ status }) => isSettled(status));
      if (!before || results.length === 0 || results.length === transition.pointers.length) {
        return (await store.commit([moved(transition, by)]))[0]!;
      }
      const { owner } = before;
      const nothing = {
        subscribed: [],
        unsubscribed: [],
        taken: [],
        published: [],
        released: [],
        folded: [],
      };
      const first = {
        ...moved({ ...transition, ...nothing, instance: before }, by),
        dataChanged: false,
        events: [],
        pointers: results,
      };
      const sequence = transition.sequence + by;
      const [outcome] = await store.commit([{ ...first, instance: { ...before, owner, sequence } }]);
      if (!outcome!.committed) return outcome!;
      await timeline.sleep(5);
      if (process.isDead) return await new Promise(() => {});
      ahead.set(id, by + 1);
      const rest = transition.pointers.filter(({ status }) => !isSettled(status));
      return (await store.commit([moved({ ...transition, pointers: rest }, by + 1)]))[0]!;
    };

    return layered(store, {
      async claim(request) {
        const claimed = await store.claim(request);
        for (const { state } of claimed) ahead.delete(state.instance.id);
        return claimed;
      },
      async commit(transitions) {
        const outcomes: CommitOutcome[] = [];
        for (const transition of transitions) outcomes.push(await write(transition));
        return outcomes;
      },
    });
  };
}
