import { holdingClock } from "../../../src/engine/held_clock.ts";
import type { StoreClock } from "../../../src/provider/clock.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import type { Transition } from "../../../src/instance/transition.ts";
import type { VirtualClock } from "../../../src/testing/virtual_clock.ts";
import { AuditedSchema, urlOf } from "../evidence/audited_schema.ts";
import type { HistoryEntry } from "../evidence/history.ts";
import { layered } from "../evidence/recording_store.ts";
import type { TrialStore, Watch } from "./stores.ts";
import { Wire } from "./wire.ts";

/**
 * A schema on PostgreSQL that trials have one after the other. The points of its hosts are the statements that reach the
 * server, and what is accepted is kept by triggers: the answer may be lost.
 */
export class SweptSchema implements AsyncDisposable {
  readonly #schema = new AuditedSchema();
  /** Providers of hosts that are dead: they take a moment to find out. */
  readonly #dying = new Set<Promise<void>>();

  /** Makes it. */
  static async make(): Promise<SweptSchema> {
    const swept = new SweptSchema();
    await swept.#schema.make();
    return swept;
  }

  /** Empties it for the next trial. */
  async open(clock: VirtualClock): Promise<TrialStore> {
    const schema = this.#schema;
    await schema.clean();
    const witness = await schema.open({ clock, maxConnections: 1 });
    const moments = new Map<string, number>();
    const living = new Set<() => Promise<void>>();
    return {
      takeover: 11_000,
      // No virtual time passes while the server is asked.
      witness: holdingClock<Persistence>(witness, clock),
      connect: async ({ reach }: Watch) => {
        const wire = new Wire(urlOf(schema.port));
        const store = await schema.open({
          clock,
          durability: "process",
          maxConnections: 2,
          busyTimeout: 1_000,
        }, wire.url);
        wire.reach = reach;
        const close = async (): Promise<void> => {
          await store[Symbol.asyncDispose]();
          wire[Symbol.dispose]();
        };
        living.add(close);
        return {
          store: noting(store, clock, moments),
          cut: () => {
            living.delete(close);
            wire[Symbol.dispose]();
            const dying: Promise<void> = close().finally(() => this.#dying.delete(dying));
            this.#dying.add(dying);
            return Promise.resolve();
          },
        };
      },
      history: async () => (await schema.history()).map((entry) => timed(entry, moments)),
      async [Symbol.asyncDispose]() {
        for (const close of living) await close();
        await witness[Symbol.asyncDispose]();
      },
    };
  }

  /** Drops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#dying);
    await this.#schema[Symbol.asyncDispose]();
  }
}

/** An accepted write, with the time at which a host had handed it over. */
function timed(entry: HistoryEntry, moments: ReadonlyMap<string, number>): HistoryEntry {
  const at = moments.get(keyOf(entry.header));
  if (at === undefined) throw new Error(`No host wrote what the store has accepted: ${keyOf(entry.header)}`);
  return { ...entry, at };
}

/** Notes when each transition was handed over: what the server says is not of the trial's time. */
function noting(store: Persistence, clock: StoreClock, moments: Map<string, number>): Persistence {
  const note = ({ instance }: Transition): void => void moments.set(keyOf(instance), clock.now());
  return layered(store, {
    create: (start) => {
      note(start);
      return store.create(start);
    },
    commit: (transitions) => {
      transitions.forEach(note);
      return store.commit(transitions);
    },
    claim: ({ take, ...request }) =>
      store.claim({
        ...request,
        take: (state, mail) => {
          const advance = take(state, mail);
          note(advance.transition);
          return advance;
        },
      }),
    change: (runId, change) =>
      store.change(runId, (state) => {
        const advance = change(state);
        if (advance) note(advance.transition);
        return advance;
      }),
  });
}

function keyOf({ id, epoch, sequence }: Pick<HistoryEntry["header"], "id" | "epoch" | "sequence">): string {
  return `${id} ${epoch} ${sequence}`;
}
