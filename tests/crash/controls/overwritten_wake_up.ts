import type { Claimable, Persistence } from "../../../src/provider/persistence.ts";
import { allRuns } from "../evidence/evidence.ts";
import { layered } from "../evidence/recording_store.ts";
import type { Defect } from "../simulation/simulation.ts";

/** A store whose commits write when the run is due, also over a message that has come meanwhile and made it due. */
export function overwrittenWakeUp(): Defect {
  /** By run: when it is due, by what its last commit has written over a message. */
  const written = new Map<string, number | null>();

  const awake = async (store: Persistence): Promise<Pick<Claimable, "only">> => {
    const only: string[] = [];
    for await (const { id } of allRuns(store)) {
      const due = written.get(id);
      if (due === undefined || due !== null && due <= store.now()) only.push(id);
    }
    return { only };
  };

  return (store) =>
    layered(store, {
      async commit(transitions) {
        const outcomes = await store.commit(transitions);
        return outcomes.map((outcome, index) => {
          const { instance: { id, inboxRead, nextWake } } = transitions[index]!;
          if (!outcome.committed) return outcome;
          if (outcome.inboxSeq > inboxRead) written.set(id, nextWake);
          else written.delete(id);
          return { ...outcome, inboxSeq: inboxRead };
        });
      },
      claim: async (request) => await store.claim({ ...request, ...await awake(store) }),
      nextDue: async (which) => await store.nextDue({ ...which, ...await awake(store) }),
      unread: async (incarnation) => (await store.unread(incarnation)).filter((runId) => !written.has(runId)),
      async send(runId, message) {
        await store.send(runId, message);
        written.delete(runId);
      },
      async publish(event) {
        const outcome = await store.publish(event);
        for (const runId of outcome.woken) written.delete(runId);
        return outcome;
      },
    });
}
