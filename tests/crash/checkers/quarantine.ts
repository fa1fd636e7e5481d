import { isBusy, isSettled } from "../../../src/instance/status.ts";
import { mostCrashes } from "../../../src/flow/quarantine.ts";
import { type Checker, replay } from "./checker.ts";

/** Crashes are counted exactly; a run that kills its hosts three times in a row is quarantined, no innocent one is. */
export const quarantine: Checker = {
  name: "only killers are quarantined",
  *checkRun({ history, plan: { expected } }, { circumstances }) {
    const isKiller = expected.reentered?.includes("Poison") ?? false;
    for (const { entry: { kind, header, pointers }, previous, before } of replay(history)) {
      const was = previous?.header;
      if (!was) continue;
      const { crashes, status, reason, sequence } = header;
      if (crashes > was.crashes + 1) yield { text: `counts ${crashes} crashes after ${was.crashes}` };
      const wasBusy = [...before.values()].some(({ status }) => isBusy(status));
      if (crashes > was.crashes && !wasBusy) {
        yield { text: `counts a crash in transition ${sequence} where nothing ran` };
      }
      const settles = kind === "commit" && pointers.some(({ id, status }) => {
        const row = before.get(id);
        return row !== undefined && isBusy(row.status) && isSettled(status);
      });
      if (settles && crashes > 0) yield { text: `still counts ${crashes} crashes though a step has settled` };
      const isQuarantined = status === "Suspended" && (reason?.startsWith("quarantined") ?? false);
      if (was.status === "Suspended" || !isQuarantined) continue;
      if (crashes !== mostCrashes) yield { text: `was quarantined after ${crashes} crashes` };
      if (circumstances.onlyPoisonKills && !isKiller) yield { text: `was quarantined, though innocent` };
    }
    if (
      isKiller && circumstances.onlyPoisonKills &&
      !history.some(({ header }) => header.reason?.startsWith("quarantined"))
    ) {
      yield { text: `kills its hosts and was never quarantined` };
    }
  },
};
