import type { Transition } from "../../../src/instance/transition.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import { headerOf, type HistoryEntry, rowOf } from "./history.ts";

/**
 * The store, noting every write of a run that it accepts. For stores that do their work before the call returns, so
 * that the order of the notes is that of the writes.
 *
 * @param writer who uses this connection
 * @param note takes one accepted write
 */
export function recordingStore(
  store: Persistence,
  writer: string,
  note: (entry: HistoryEntry) => void,
): Persistence {
  const tell = (kind: HistoryEntry["kind"], { instance, pointers }: Transition): void =>
    note({ kind, writer, at: store.now(), header: headerOf(instance), pointers: pointers.map(rowOf) });
  const recorded: Partial<Persistence> = {
    async create(start) {
      const created = await store.create(start);
      if (!created.existed) tell("create", start);
      return created;
    },
    async claim(request) {
      const claimed = await store.claim(request);
      for (const { transition } of claimed) tell("claim", transition);
      return claimed;
    },
    async commit(transitions) {
      const outcomes = await store.commit(transitions);
      outcomes.forEach(({ committed }, index) => committed && tell("commit", transitions[index]!));
      return outcomes;
    },
    async change(runId, change) {
      const changed = await store.change(runId, change);
      if (changed) tell("change", changed.transition);
      return changed;
    },
  };
  return layered(store, recorded);
}

/** A store some of whose methods are others. */
export function layered(store: Persistence, methods: Partial<Persistence>): Persistence {
  return new Proxy(store, {
    get(target, name): unknown {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name);
      const member = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
