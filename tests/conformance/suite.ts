/**
 * What workflows do, the same on every store: each case is played over a provider, and what can be observed of it must
 * equal what is observed over the store in memory.
 *
 * @module
 */
import { deepEqual } from "node:assert/strict";
import { holdingClock } from "../../src/engine/held_clock.ts";
import type { WorkflowHostBuilder } from "../../src/engine/host_builder.ts";
import { soon } from "../../src/engine/testing_host.ts";
import { MemoryPersistence } from "../../src/memory/persistence.ts";
import type { StoreClock } from "../../src/provider/clock.ts";
import type { Persistence } from "../../src/provider/persistence.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { cases, type Play, realTimeCases } from "./cases.ts";
import type { History } from "./history.ts";
import { Scene } from "./scene.ts";

/** Wires a host. Where it is in virtual time there is a clock, and a signal of its death where it may die. */
export type Wire = (
  builder: WorkflowHostBuilder,
  at: { readonly clock: VirtualClock | null; readonly death: AbortSignal | null },
) => WorkflowHostBuilder;

/** How the suite gets at a store. */
export interface StoreFactory {
  /** Makes an empty store that goes by `clock`. */
  readonly open: (clock: StoreClock) => Promise<Persistence>;
  /**
   * Another connection to the store that was opened last.
   *
   * @default the store itself
   */
  readonly connect?: (clock: StoreClock) => Promise<Persistence>;
  /**
   * How many rows the store that was opened last has, by table, in all tables.
   *
   * @default null: it has no tables
   */
  readonly rows?: () => Promise<Readonly<Record<string, number>>>;
  /**
   * How many iterations a long loop has: fewer where each goes to a server and back.
   *
   * @default 10_000
   */
  readonly iterations?: number;
  /**
   * What hosts are wired with beside the store that was opened last: other roles, of another store.
   *
   * @default nothing
   */
  readonly wire?: Wire;
  /** Called after each case, when everything is closed. */
  readonly clean?: () => Promise<void>;
}

/** Milliseconds of real time after which a case has failed: nothing brings it on any more. */
const patience = 120_000;

const memory: StoreFactory = { open: (clock) => Promise.resolve(new MemoryPersistence({ clock })) };

/** What is observed over the store in memory, by name of the case and how long its loops are. */
const references = new Map<string, Promise<History>>();

/**
 * Registers a test for each case.
 *
 * @param name the provider, for the names of the tests
 */
export function suite(name: string, factory: StoreFactory): void {
  const register = (group: Readonly<Record<string, Play>>, isReal: boolean): void => {
    for (const [title, play] of Object.entries(group)) {
      Deno.test({
        name: `${name}: ${title}`,
        sanitizeOps: true,
        sanitizeResources: true,
        async fn(): Promise<void> {
          const history = await perform(play, factory, isReal);
          const { iterations } = factory;
          const reference = `${title} ${iterations}`;
          if (!references.has(reference)) {
            references.set(
              reference,
              perform(play, { ...memory, ...(iterations && { iterations }) }, isReal),
            );
          }
          // Where they differ, the error shows where.
          deepEqual(history, await references.get(reference));
        },
      });
    }
  };
  register(cases, false);
  register(realTimeCases, true);
}

async function perform(play: Play, factory: StoreFactory, isReal: boolean): Promise<History> {
  const clock = new VirtualClock();
  const storeClock = isReal ? Date : clock;
  await using open = new AsyncDisposableStack();
  open.defer(() => factory.clean?.());
  // What a case asks of the store itself takes no virtual time either.
  const hold = (store: Persistence): Persistence => holdingClock(open.use(store), clock);
  const store = hold(await factory.open(storeClock));
  const connect = async () => factory.connect ? hold(await factory.connect(storeClock)) : store;
  const rows = async () => await factory.rows?.() ?? null;
  const { iterations = 10_000, wire = (builder) => builder } = factory;
  const sceneClock = isReal ? null : clock;
  const scene = new Scene({
    store,
    connect,
    rows,
    iterations,
    clock: sceneClock,
    wire: (builder, death) => wire(builder, { clock: sceneClock, death }),
  });
  try {
    await soon(play(scene), patience);
  } catch (error) {
    // What failed is worth more than what stopping makes of it.
    await soon(scene.stopAll({ failed: true }), patience).catch(() => {});
    throw error;
  }
  return await soon(scene.end(), patience);
}
