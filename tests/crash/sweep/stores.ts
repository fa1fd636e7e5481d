import { SqliteProvider } from "../../../providers/sqlite/mod.ts";
import { MemoryPersistence } from "../../../src/memory/persistence.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import { withCrashPoints } from "../../../src/testing/crash_points.ts";
import type { VirtualClock } from "../../../src/testing/virtual_clock.ts";
import type { HistoryEntry } from "../evidence/history.ts";
import { recordingStore } from "../evidence/recording_store.ts";

/**
 * Called just before and just after each write; what comes behind waits for it. Where it rejects, the connection is lost.
 */
export type ReachPoint = (point: string) => Promise<void>;

/** How the way of a host to its store is watched. */
export interface Watch {
  /** The host. */
  readonly name: string;
  /** Hears of its points. */
  readonly reach: ReachPoint;
}

/** A connection to the store of a trial. */
export interface TrialConnection {
  /** The store. */
  readonly store: Persistence;
  /** Ends it as the death of its process does: nothing is taken back, and no lock is held any more. */
  cut(): Promise<void>;
}

/** Where a trial keeps its runs: each host, and the witness, has a connection of its own. */
export interface TrialStore extends AsyncDisposable {
  /** Milliseconds after a host's death within which another one has its runs. */
  readonly takeover: number;
  /** The witness's connection. */
  readonly witness: Persistence;
  /** A host's connection. */
  connect(watch: Watch): Promise<TrialConnection>;
  /** The accepted writes so far, in order. */
  history(): Promise<readonly HistoryEntry[]>;
}

/** Makes an empty store for one trial. */
export type OpenTrialStore = (clock: VirtualClock) => Promise<TrialStore>;

/**
 * The stores within this process, by name: their points are their methods. The memory's hosts are found dead by their
 * heartbeats, those of SQLite by their locks.
 */
export const trialStores: Readonly<Record<"memory" | "sqlite", OpenTrialStore>> = {
  memory(clock) {
    const witness = new MemoryPersistence({ clock });
    const history: HistoryEntry[] = [];
    return Promise.resolve({
      takeover: 11_000,
      witness,
      connect: (watch) =>
        Promise.resolve({ store: watched(witness, watch, history), cut: () => Promise.resolve() }),
      history: () => Promise.resolve(history),
      [Symbol.asyncDispose]: () => witness[Symbol.asyncDispose](),
    });
  },
  async sqlite(clock) {
    const folder = Deno.makeTempDirSync({ prefix: "wfe-sweep-" });
    const open = new Set<Persistence>();
    const history: HistoryEntry[] = [];
    const connect = async (): Promise<Persistence> => {
      const store = await SqliteProvider.open(`${folder}/test.db`, {
        clock,
        durability: "process",
        writer: "main",
      });
      open.add(store);
      return store;
    };
    return {
      takeover: 1_000,
      witness: await connect(),
      async connect(watch) {
        const store = await connect();
        return {
          store: watched(store, watch, history),
          async cut() {
            open.delete(store);
            await store[Symbol.asyncDispose]();
          },
        };
      },
      history: () => Promise.resolve(history),
      async [Symbol.asyncDispose]() {
        for (const store of open) await store[Symbol.asyncDispose]();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
};

function watched(store: Persistence, { name, reach }: Watch, history: HistoryEntry[]): Persistence {
  return withCrashPoints(recordingStore(store, name, (entry) => history.push(entry)), reach);
}
