import { layered } from "../evidence/recording_store.ts";
import type { Defect } from "../simulation/simulation.ts";

/** A store that forgets lifecycle events as soon as it has handed them out, before the sink has taken them. */
export function forgetfulOutbox(): Defect {
  return (store) =>
    layered(store, {
      async readOutbox(sink, limit) {
        const entries = await store.readOutbox(sink, limit);
        const last = entries.at(-1);
        if (last) await store.clearOutbox(sink, last.seq);
        return entries;
      },
    });
}
