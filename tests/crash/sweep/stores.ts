import { SqliteProvider } from "../../../providers/sqlite/mod.ts";
import { MemoryPersistence } from "../../../src/memory/persistence.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import type { VirtualClock } from "../../../src/testing/virtual_clock.ts";

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
  /** Another connection. */
  connect(): Promise<TrialConnection>;
}

/** The stores to try, by name. The memory's hosts are found dead by their heartbeats, those of SQLite by their locks. */
export const trialStores: Readonly<Record<string, (clock: VirtualClock) => TrialStore>> = {
  memory(clock) {
    const store = new MemoryPersistence({ clock });
    return {
      takeover: 11_000,
      connect: () => Promise.resolve({ store, cut: () => Promise.resolve() }),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  },
  sqlite(clock) {
    const folder = Deno.makeTempDirSync({ prefix: "wfe-sweep-" });
    const open = new Set<Persistence>();
    return {
      takeover: 1_000,
      async connect() {
        const store = await SqliteProvider.open(`${folder}/test.db`, {
          clock,
          durability: "process",
          writer: "main",
        });
        open.add(store);
        return {
          store,
          async cut() {
            open.delete(store);
            await store[Symbol.asyncDispose]();
          },
        };
      },
      async [Symbol.asyncDispose]() {
        for (const store of open) await store[Symbol.asyncDispose]();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
};
