import type { Instance, Pointer } from "./instance.ts";
import type { InstanceState } from "./instance_state.ts";
import { PointerTable } from "./pointer_table.ts";
import { newInstance } from "./new_instance.ts";
import { newPointer } from "./new_pointer.ts";
import type { Moment } from "./transition.ts";

/** A run that has just been claimed, but for what is given. */
export function makeInstance(given: Partial<Instance> = {}): Instance {
  return {
    id: "run",
    definitionId: "test",
    version: 1,
    definitionHash: "hash",
    data: {},
    inputHash: "input",
    vars: {},
    reference: null,
    idempotencyKey: null,
    traceparent: null,
    epoch: 1,
    owner: "host",
    createdAt: 0,
    ...newInstance,
    ...given,
  };
}

/** An activation that has not begun, but for what is given. */
export function makePointer(given: Partial<Pointer> = {}): Pointer {
  return { ...newPointer, id: 1, stepKey: "step", parent: null, branch: 0, item: null, ...given };
}

/** A run with these activations, as a host knows it. */
export function makeState(pointers: readonly Pointer[] = [], given: Partial<Instance> = {}): InstanceState {
  const nextPointer = Math.max(0, ...pointers.map(({ id }) => id)) + 1;
  return {
    instance: makeInstance({ nextPointer, ...given }),
    pointers: PointerTable.of(pointers),
    cursors: new Map(),
  };
}

/** A time at which a transition is computed. */
export function at(now: number): Moment {
  return { now, random: 0, begin: true };
}
