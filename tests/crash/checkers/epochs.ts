import { isBusy } from "../../../src/instance/status.ts";
import { type Checker, replay } from "./checker.ts";

/** Epochs strictly rise, transitions are numbered without gap, and each epoch has one accepted writer. */
export const epochs: Checker = {
  name: "one writer an epoch",
  *checkRun({ history, instance }) {
    const writers = new Map<number, string>();
    const owners = new Map<number, string>();
    for (const { entry, previous } of replay(history)) {
      const { kind, writer, header: { epoch, sequence, owner } } = entry;
      const was = previous?.header;
      if (was && sequence !== was.sequence + 1) {
        yield { text: `transition ${sequence} follows ${was.sequence}` };
      }
      if (was && (epoch < was.epoch || epoch > was.epoch + 1)) {
        yield { text: `epoch ${epoch} follows ${was.epoch}` };
      }
      if (was && kind === "claim" && epoch !== was.epoch + 1) {
        yield { text: `a claim left epoch ${epoch}` };
      }
      if (was && kind === "commit" && epoch !== was.epoch) yield { text: `a commit raised epoch ${epoch}` };
      const owned = owners.get(epoch);
      if (owner !== null && owned !== undefined && owned !== owner) {
        yield { text: `epoch ${epoch} belongs to ${owned} and to ${owner}`, doubled: 1 };
      }
      if (owner !== null) owners.set(epoch, owner);
      if (writer === null || kind === "change" || kind === "create" && owner === null) continue;
      const wrote = writers.get(epoch);
      if (wrote !== undefined && wrote !== writer) {
        yield {
          text: `epoch ${epoch} was written by ${wrote} and, in transition ${sequence}, by ${writer}`,
          doubled: 1,
        };
      }
      writers.set(epoch, writer);
    }
    const last = history.at(-1)?.header;
    if (last && (last.epoch !== instance.epoch || last.sequence !== instance.sequence)) {
      yield {
        text:
          `is at epoch ${instance.epoch}, transition ${instance.sequence}; the last accepted write left ` +
          `${last.epoch}, ${last.sequence}`,
      };
    }
  },
};

/** What runs, runs for somebody: while a body may be under way, nobody else can claim the run. */
export const owners: Checker = {
  name: "what runs has an owner",
  *checkRun({ history }) {
    for (const { entry: { kind, header }, after } of replay(history)) {
      // Where the store itself took the note, a host that it has taken out is none; epochs keep that one's writes apart.
      if (header.owner !== null || kind === null) continue;
      const busy = [...after.values()].filter(({ status }) => isBusy(status));
      if (busy.length === 0) continue;
      yield {
        text: `belongs to nobody after transition ${header.sequence}, while ${busy.map(({ id }) => id)} run`,
      };
    }
  },
};

/** A run keeps the definition that it was started with. */
export const definitions: Checker = {
  name: "runs keep their definition",
  *checkRun({ history, instance }) {
    const hashes = new Set(
      history.map(({ header }) => header.definitionHash).concat(instance.definitionHash),
    );
    if (hashes.size > 1) yield { text: `has had ${hashes.size} definitions` };
  },
};
