import type { Attributes } from "../definition/attributes.ts";
import type { JsonObject } from "../definition/json.ts";
import type { Instance } from "../instance/instance.ts";
import { newInstance } from "../instance/new_instance.ts";
import { PointerTable } from "../instance/pointer_table.ts";
import type { Advance, Moment } from "../instance/transition.ts";
import { Flow } from "./flow.ts";
import type { Program } from "./program.ts";

/** What a caller gives to start a run. */
export interface NewRun {
  /** Id of the run. */
  readonly id: string;
  /** Content hash of the definition. */
  readonly definitionHash: string;
  /** First data. */
  readonly data: JsonObject;
  /** SHA-256 of the first data. */
  readonly inputHash: string;
  /** Variables. */
  readonly vars: JsonObject;
  /** A name of the caller's. */
  readonly reference: string | null;
  /** What it is found by. */
  readonly attributes?: Attributes;
  /** Makes starting idempotent. */
  readonly idempotencyKey: string | null;
  /** W3C trace context of the span that starts it. */
  readonly traceparent?: string | null;
  /** Incarnation of the host that runs it at once; null leaves it to whoever claims it. */
  readonly owner: string | null;
}

/** A new run with the first activation, begun already when the starting host owns it. */
export function startInstance(run: NewRun, program: Program, moment: Moment): Advance {
  const { owner, traceparent = null, ...given } = run;
  const { id: definitionId, version, steps } = program.definition;
  const instance: Instance = {
    ...newInstance,
    ...given,
    traceparent,
    definitionId,
    version,
    epoch: owner === null ? 0 : 1,
    owner,
    nextWake: moment.now,
    createdAt: moment.now,
  };
  const state = { instance, pointers: PointerTable.empty, cursors: new Map<string, number>() };
  const flow = new Flow(state, program, { ...moment, begin: owner !== null });
  flow.change.tellRun("WorkflowStarted");
  flow.activate(steps[0]!.key, { parent: null, branch: 0, item: null, saga: null });
  return flow.done();
}
