import type { Mail } from "../../../src/instance/instance.ts";
import { layered } from "../evidence/recording_store.ts";
import type { Defect } from "../simulation/simulation.ts";

/** A store that gives events to runs that sleep, and forgets them for those that somebody works on. */
export function droppedEvent(): Defect {
  const dropped = new Set<string>();
  return (store) => {
    const drop = async (woken: readonly string[]): Promise<void> => {
      for (const runId of woken) {
        if ((await store.get(runId))?.owner === null) continue;
        const last = (await store.mail(runId, 0)).findLast(({ kind }) => kind === "event");
        if (last?.kind === "event") dropped.add(`${runId}/${last.event.seq}`);
      }
    };
    // As if it had been taken long ago: so it is taken out of the mailbox and given to nobody.
    const without = (runId: string, mail: readonly Mail[]): Mail[] =>
      mail.map((message) =>
        message.kind === "event" && dropped.has(`${runId}/${message.event.seq}`)
          ? { ...message, cursor: message.event.seq }
          : message
      );
    return layered(store, {
      claim: (request) =>
        store.claim({
          ...request,
          take: (state, mail) => request.take(state, without(state.instance.id, mail)),
        }),
      async publish(event) {
        const outcome = await store.publish(event);
        await drop(outcome.woken);
        return outcome;
      },
      async commit(transitions) {
        const outcomes = await store.commit(transitions);
        for (const outcome of outcomes) if (outcome.committed) await drop(outcome.woken);
        return outcomes;
      },
      mail: async (runId, after) => without(runId, await store.mail(runId, after)),
    });
  };
}
