import { layered } from "../evidence/recording_store.ts";
import type { Defect } from "../simulation/simulation.ts";

/** Milliseconds between the acknowledgement and the write. */
const delay = 400;

/** A store that says that something is written before it is. */
export function earlyAcknowledgement(): Defect {
  return (store, process, timeline) => {
    let last: Promise<unknown> = Promise.resolve();
    const later = (write: () => Promise<unknown>): void => {
      const before = last;
      last = timeline.sleep(delay).then(() => before).then(() => process.isDead ? undefined : write()).catch(
        () => {},
      );
    };
    return layered(store, {
      create(start) {
        later(() => store.create(start));
        return Promise.resolve({ instance: start.instance, existed: false });
      },
      async commit(transitions) {
        later(() => store.commit(transitions));
        const outcomes = [];
        for (const { instance } of transitions) {
          const inboxSeq = (await store.get(instance.id))?.inboxSeq ?? instance.inboxRead;
          outcomes.push({ committed: true, inboxSeq, woken: [] } as const);
        }
        return outcomes;
      },
    });
  };
}
