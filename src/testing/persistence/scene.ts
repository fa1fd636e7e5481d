import assert from "node:assert/strict";
import type { WorkflowDefinition } from "../../definition/definition.ts";
import { type StoredDefinition, storeDefinition } from "../../definition/hash.ts";
import type { JsonObject, JsonValue } from "../../definition/json.ts";
import { claimInstance } from "../../instance/claim.ts";
import type { Instance, InstanceState } from "../../instance/instance.ts";
import { settleSleep, settleSuccess } from "../../instance/settle.ts";
import { type NewRun, startInstance } from "../../instance/start.ts";
import type { Advance, Moment, Transition } from "../../instance/transition.ts";
import type { CommitOutcome, Persistence } from "../../provider/persistence.ts";
import type { ManualClock } from "../manual_clock.ts";

/** Where a promise is tested: an empty store that goes by a manual clock. */
export interface Scene {
  /** The store. */
  readonly store: Persistence;
  /** Its clock. */
  readonly clock: ManualClock;
  /** The same store as another host reaches it. */
  connect(): Promise<Persistence>;
}

/** Tests by what they promise. */
export type Promises = Readonly<Record<string, (scene: Scene) => Promise<void>>>;

/** A definition of three steps in a row. */
export const definition: WorkflowDefinition = {
  id: "contract",
  version: 1,
  steps: [{ key: "a", type: "code", next: ["b"] }, { key: "b", type: "code", next: ["c"] }, {
    key: "c",
    type: "code",
  }],
};

/** The definition as it is stored. */
export const stored: StoredDefinition = storeDefinition(definition);

/** Heartbeats of these tests, in milliseconds. */
export const ttl = 10_000;

/** Now, for a host that starts what becomes ready. */
export function moment(clock: ManualClock): Moment {
  return { now: clock.now(), random: 0.5, begin: true };
}

/** The start of a run, not yet written. */
export function newRun(clock: ManualClock, id: string, more: Partial<NewRun> = {}): Advance {
  const { hash: definitionHash } = stored;
  const none = { data: {}, inputHash: "", vars: {}, reference: null, idempotencyKey: null, owner: null };
  return startInstance({ id, definition, definitionHash, ...none, ...more }, moment(clock));
}

/** Starts a run of the definition. */
export async function start(
  { store, clock }: Scene,
  id: string,
  more: Partial<NewRun> = {},
): Promise<InstanceState> {
  await store.saveDefinition(stored);
  const { state, transition } = newRun(clock, id, more);
  const { instance } = await store.create(transition);
  return { ...state, instance };
}

/** Enters a host and starts a run that it owns and runs. */
export async function startOwned(
  scene: Scene,
  id: string,
  more: Partial<NewRun> = {},
): Promise<InstanceState> {
  await enter(scene, "host-1");
  return await start(scene, id, { owner: "host-1", ...more });
}

/** Enters a host, or renews it. */
export async function enter({ store }: Scene, incarnation: string, pid = 1): Promise<void> {
  await store.renewHost({ incarnation, pid }, ttl);
}

/** Claims as the engine does; returns the states. */
export async function claim(
  { store, clock }: Scene,
  owner: string,
  { limit = 100, only }: { readonly limit?: number; readonly only?: readonly string[] } = {},
): Promise<InstanceState[]> {
  const advances = await store.claim({
    incarnation: owner,
    limit,
    ...(only && { only }),
    take: (state) => claimInstance(state, owner, moment(clock)),
  });
  return advances.map(({ state }) => state);
}

/** Ids of the runs of these states. */
export function ids(states: readonly (InstanceState | Instance)[]): string[] {
  return states.map((state) => "instance" in state ? state.instance.id : state.id);
}

/** The running activation succeeds. */
export function succeed(
  { clock }: Scene,
  state: InstanceState,
  { output = null, data }: { readonly output?: JsonValue | null; readonly data?: JsonObject } = {},
): Advance {
  const change = (before: JsonObject) => data ?? before;
  return settleSuccess(state, definition, running(state), { output, change }, moment(clock));
}

/** The running activation sleeps. */
export function sleep({ clock }: Scene, state: InstanceState, duration: number): Advance {
  return settleSleep(state, running(state), { duration, state: null }, moment(clock));
}

/** Writes one transition that must go through. */
export async function commit({ store }: Scene, { state, transition }: Advance): Promise<InstanceState> {
  assertCommitted(await store.commit([transition]));
  return state;
}

/** All went through. */
export function assertCommitted(outcomes: readonly CommitOutcome[]): void {
  for (const outcome of outcomes) if (!outcome.committed) throw outcome.error;
}

/** The outcome is a refusal by the epoch or the sequence. */
export function assertLeaseLost(outcome: CommitOutcome | undefined, runId: string): void {
  assert.equal(outcome?.committed, false);
  const { code, runId: refused } = outcome.error as Error & {
    readonly code?: string;
    readonly runId?: string;
  };
  assert.deepEqual({ code, refused }, { code: "LEASE_LOST", refused: runId });
}

/** A transition that breaks a rule of every store: it rewrites a recorded result. */
export function illegal(transition: Transition): Transition {
  const [pointer] = transition.pointers;
  return { ...transition, pointers: [{ ...pointer!, id: 1, output: "other" }] };
}

function running({ pointers }: InstanceState): number {
  const pointer = pointers.values().find(({ status }) => status === "Running");
  assert.ok(pointer, "the run has a running activation");
  return pointer.id;
}
