import type { Instance, Pointer } from "../../../src/instance/instance.ts";
import type { LifecycleEvent } from "../../../src/instance/lifecycle_event.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import { checkStore } from "../../../src/testing/invariants.ts";
import type { Plan } from "../workload/scenario.ts";
import type { Effect } from "./effect.ts";
import type { HistoryEntry } from "./history.ts";

/** What a caller was told was done. */
export type Acknowledgement =
  | {
    /** A run was started. */
    readonly kind: "start";
    /** The idempotency key, which is that of its plan. */
    readonly key: string;
    /** Its id. */
    readonly runId: string;
  }
  | {
    /** An event was published. */
    readonly kind: "event";
    /** Name of the event. */
    readonly name: string;
    /** Key of the event. */
    readonly key: string;
    /** Its message id, which is its data as well. */
    readonly messageId: string;
  };

/** All that is known of one run. */
export interface RunRecord {
  /** Key of its plan. */
  readonly key: string;
  /** What it was to do. */
  readonly plan: Plan;
  /** What the store keeps of it. */
  readonly instance: Instance;
  /** Its activations, in the order of creation. */
  readonly pointers: readonly Pointer[];
  /** What its bodies did. */
  readonly effects: readonly Effect[];
  /** How it came about. */
  readonly history: readonly HistoryEntry[];
}

/** Under what circumstances the runs were made: what may be expected of them. */
export interface Circumstances {
  /** Nothing was disturbed: nothing may run twice. */
  readonly calm: boolean;
  /** Loops may have forgotten what is over. */
  readonly folded: boolean;
  /** Hosts died by poisonous steps alone, so that nothing else may be quarantined. */
  readonly onlyPoisonKills: boolean;
  /** No process is late by itself: timers fire when they are due, and none begins a body after its lease. */
  readonly punctual: boolean;
}

/** Everything that checkers look at. */
export interface Evidence {
  /** The circumstances. */
  readonly circumstances: Circumstances;
  /** The runs, those without a plan left out. */
  readonly runs: readonly RunRecord[];
  /** What callers were told. */
  readonly acknowledged: readonly Acknowledgement[];
  /** What a durable sink was given, in order; null where there was none. */
  readonly published: readonly LifecycleEvent[] | null;
  /** What is wrong with the store, by the published checks of its invariants, or its own. */
  readonly storeProblems: readonly string[];
}

/** What was noted outside the store. */
export interface Witnesses {
  /** The circumstances. */
  readonly circumstances: Circumstances;
  /** Plans by key. */
  readonly plans: ReadonlyMap<string, Plan>;
  /** What bodies did, in order. */
  readonly effects: readonly Effect[];
  /** Accepted writes, in order. */
  readonly history: readonly HistoryEntry[];
  /** What callers were told. */
  readonly acknowledged: readonly Acknowledgement[];
  /** What a durable sink was given. */
  readonly published: readonly LifecycleEvent[] | null;
  /** What else is wrong with the store. */
  readonly storeProblems?: readonly string[];
}

/** Puts together what the store has and what was noted outside of it. Nothing may be writing. */
export async function gather(store: Persistence, witnesses: Witnesses): Promise<Evidence> {
  const { circumstances, plans, acknowledged, published } = witnesses;
  const effects = Map.groupBy(witnesses.effects, ({ run }) => run);
  const history = Map.groupBy(witnesses.history, ({ header }) => header.id);
  const runs: RunRecord[] = [];
  for await (const instance of allRuns(store)) {
    const key = instance.idempotencyKey ?? "";
    const plan = plans.get(key);
    if (!plan) continue;
    runs.push({
      key,
      plan,
      instance,
      pointers: await store.pointers(instance.id),
      effects: effects.get(instance.id) ?? [],
      history: history.get(instance.id) ?? [],
    });
  }
  const storeProblems = [...witnesses.storeProblems ?? [], ...await checkStore(store)];
  return { circumstances, runs, acknowledged, published, storeProblems };
}

/** Every run of a store, newest first. */
export async function* allRuns(store: Persistence): AsyncIterable<Instance> {
  let after: Instance | undefined;
  do {
    const page = await store.list({ limit: 1_000, ...(after && { after }) });
    yield* page;
    after = page.at(-1);
  } while (after);
}
