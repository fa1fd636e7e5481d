import assert from "node:assert/strict";
import { getStep, type WorkflowDefinition } from "../../definition/definition.ts";
import { type StoredDefinition, storeDefinition } from "../../definition/hash.ts";
import type { JsonObject, JsonValue } from "../../definition/json.ts";
import type { Instance, Pointer } from "../../instance/instance.ts";
import type { InstanceState } from "../../instance/instance_state.ts";
import { newInstance } from "../../instance/new_instance.ts";
import { PointerTable } from "../../instance/pointer_table.ts";
import { isBusy, isSettled } from "../../instance/status.ts";
import { type Advance, Change, type Moment, type Transition } from "../../instance/transition.ts";
import type { Claimable, CommitOutcome, Persistence } from "../../provider/persistence.ts";
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

/** What a test says of the run that it starts; the rest is empty. */
export type RunOptions =
  & Partial<
    Pick<
      Instance,
      | "data"
      | "inputHash"
      | "vars"
      | "attributes"
      | "reference"
      | "idempotencyKey"
      | "traceparent"
      | "owner"
      | "crashes"
      | "definitionHash"
    >
  >
  & {
    /** Its id and version are those of the run. */
    readonly definition?: WorkflowDefinition;
  };

/** Now, for a host that starts what becomes ready. */
export function moment(clock: ManualClock): Moment {
  return { now: clock.now(), random: 0.5, begin: true };
}

/** A transition of a run. Made by hand, so that what is promised depends on no type of step. */
export function advance(
  { clock }: Pick<Scene, "clock">,
  state: InstanceState,
  make: (change: Change) => void,
  keepOwner = false,
): Advance {
  const change = new Change(state, moment(clock));
  make(change);
  return change.done(keepOwner);
}

/**
 * The start of a run, not yet written.
 *
 * @param make makes its first activations; without it, step "a" is ready, or runs where there is an owner
 */
export function newRun(
  clock: ManualClock,
  id: string,
  { definition: of = definition, ...more }: RunOptions = {},
  make: (change: Change) => void = (change) => begin(change, "a"),
): Advance {
  const { owner = null } = more;
  const instance: Instance = {
    data: {},
    inputHash: "",
    vars: {},
    reference: null,
    idempotencyKey: null,
    traceparent: null,
    ...newInstance,
    ...more,
    id,
    definitionId: of.id,
    version: of.version,
    definitionHash: storeDefinition(of).hash,
    epoch: owner === null ? 0 : 1,
    owner,
    createdAt: clock.now(),
  };
  return advance({ clock }, { instance, pointers: PointerTable.empty, cursors: new Map() }, (change) => {
    change.tellRun("WorkflowStarted");
    make(change);
  });
}

/** Starts a run, of the definition above where no other is given. */
export async function start(
  { store, clock }: Scene,
  id: string,
  more: RunOptions = {},
  make?: (change: Change) => void,
): Promise<InstanceState> {
  await store.saveDefinition(more.definition ? storeDefinition(more.definition) : stored);
  const { state, transition } = newRun(clock, id, more, make);
  const { instance } = await store.create(transition);
  return { ...state, instance };
}

/** Enters a host and starts a run that it owns and runs. */
export async function startOwned(
  scene: Scene,
  id: string,
  more: RunOptions = {},
  make?: (change: Change) => void,
): Promise<InstanceState> {
  await enter(scene, "host-1");
  return await start(scene, id, { owner: "host-1", ...more }, make);
}

/** Enters a host, or renews it. */
export async function enter({ store }: Scene, incarnation: string, pid = 1): Promise<void> {
  await store.renewHost({ incarnation, pid }, ttl);
}

/** What a claim makes of a run: what is ready runs, also what ran when its host died. */
export function claimBy(clock: ManualClock, owner: string): (state: InstanceState) => Advance {
  return (state) =>
    advance({ clock }, state, (change) => {
      change.set({ owner, epoch: state.instance.epoch + 1, parkedReason: null });
      for (const { id, status, dueAt } of state.pointers) {
        const isDue = isBusy(status) || dueAt !== null && dueAt <= clock.now();
        if (isDue) change.movePointer(id, "Pending", { dueAt: null });
        if (isDue || status === "Pending") run(change, id);
      }
    }, true);
}

/** Claims as the engine does; returns the states. */
export async function claim(
  { store, clock }: Scene,
  owner: string,
  { limit = 100, ...which }: Partial<Claimable> & { readonly limit?: number } = {},
): Promise<InstanceState[]> {
  const advances = await store.claim({
    incarnation: owner,
    limit,
    crashes: { from: 0, to: 1_000 },
    ...which,
    take: claimBy(clock, owner),
  });
  return advances.map(({ state }) => state);
}

/** Ids of the runs of these states. */
export function ids(states: readonly (InstanceState | Instance)[]): string[] {
  return states.map((state) => "instance" in state ? state.instance.id : state.id);
}

/** The running activation succeeds; the next one runs, or the run is complete. */
export function succeed(
  scene: Pick<Scene, "clock">,
  state: InstanceState,
  { output = null, data }: { readonly output?: JsonValue; readonly data?: JsonObject } = {},
): Advance {
  return advance(scene, state, (change) => {
    const { id, stepKey } = running(state);
    if (data) change.set({ data });
    change.tellStep("StepCompleted", change.movePointer(id, "Complete", { output }));
    const [next] = getStep(definition, stepKey).next ?? [];
    if (next === undefined) end(change, "Complete");
    else begin(change, next);
  });
}

/** The running activation sleeps. */
export function sleep(scene: Pick<Scene, "clock">, state: InstanceState, duration: number): Advance {
  return advance(scene, state, (change) => {
    const dueAt = scene.clock.now() + duration;
    change.tellStep("StepWaiting", change.movePointer(running(state).id, "Sleeping", { dueAt }));
  });
}

/** The run is ended from outside, which fences its owner. */
export function terminate(
  scene: Pick<Scene, "clock">,
  state: InstanceState,
  reason: string | null = null,
): Advance {
  return advance(scene, state, (change) => {
    change.set({ epoch: state.instance.epoch + 1, inboxRead: state.instance.inboxSeq });
    end(change, "Terminated", reason);
  });
}

/** The host gives a run up: what runs has to begin again. */
export function release(scene: Pick<Scene, "clock">, state: InstanceState): Advance {
  return advance(scene, state, (change) => {
    change.movePointer(running(state).id, "Pending");
    change.set({ owner: null });
  });
}

/** The run cannot be gone on with as things are. */
export function park(scene: Pick<Scene, "clock">, state: InstanceState, parkedReason: string): Advance {
  return advance(scene, state, (change) => {
    change.movePointer(running(state).id, "Pending");
    change.set({ owner: null, parkedReason });
    change.tellRun("WorkflowParked", parkedReason);
  });
}

/** The mail up to a position is read, and asks for nothing. */
export function readMail(scene: Pick<Scene, "clock">, state: InstanceState, inboxRead: number): Advance {
  return advance(scene, state, (change) => change.set({ inboxRead }));
}

/** Writes one transition that must go through. */
export async function commit({ store }: Scene, { state, transition }: Advance): Promise<InstanceState> {
  assertCommitted(await store.commit([transition]));
  return state;
}

/** Reads a run and writes what follows, by whatever host. */
export async function changeRun(
  scene: Scene,
  runId: string,
  make: (change: Change, state: InstanceState) => void,
): Promise<void> {
  await scene.store.change(runId, (state) => advance(scene, state, (change) => make(change, state)));
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

/** Makes an activation of a step at the top, which runs where the run has an owner. */
function begin(change: Change, stepKey: string): void {
  const { id } = change.create({ stepKey, parent: null, branch: 0, item: null });
  if (change.instance.owner !== null) run(change, id);
}

function run(change: Change, id: number): void {
  const attempt = change.pointer(id).attempt + 1;
  const startedAt = change.moment.now;
  change.tellStep("StepStarted", change.movePointer(id, "Running", { attempt, startedAt }));
}

/** Ends the run: what is open is cancelled. */
function end(change: Change, status: "Complete" | "Terminated", reason: string | null = null): void {
  for (const { id, status } of change.pointers) {
    if (isSettled(status)) {
      change.release(id);
      continue;
    }
    if (status === "Waiting") change.unsubscribe(id);
    change.tellStep("StepCancelled", change.movePointer(id, "Cancelled"));
  }
  change.moveRun(status);
  change.set({ reason, parkedReason: null, endedAt: change.moment.now });
  change.tellRun(status === "Complete" ? "WorkflowCompleted" : "WorkflowTerminated", reason);
}

function running({ pointers }: InstanceState): Pointer {
  for (const pointer of pointers) if (pointer.status === "Running") return pointer;
  assert.fail("the run has no running activation");
}
