import type { WorkflowDefinition } from "../definition/definition.ts";
import type { JsonObject } from "../definition/json.ts";
import type { Instance } from "./instance.ts";
import { type Advance, Change, type Moment } from "./transition.ts";

/** What a caller gives to start a run. */
export interface NewRun {
  /** Id of the run. */
  readonly id: string;
  /** The definition. */
  readonly definition: WorkflowDefinition;
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
  /** Makes starting idempotent. */
  readonly idempotencyKey: string | null;
  /** Incarnation of the host that runs it at once; null leaves it to whoever claims it. */
  readonly owner: string | null;
}

/** A new run with the first activation, running already when the starting host owns it. */
export function startInstance(run: NewRun, moment: Moment): Advance {
  const { id, definition, definitionHash, data, inputHash, vars, reference, idempotencyKey, owner } = run;
  const instance: Instance = {
    id,
    definitionId: definition.id,
    version: definition.version,
    definitionHash,
    status: "Runnable",
    data,
    inputHash,
    vars,
    reference,
    idempotencyKey,
    attempt: 1,
    epoch: owner === null ? 0 : 1,
    owner,
    sequence: 0,
    nextWake: moment.now,
    inboxSeq: 0,
    inboxRead: 0,
    nextPointer: 1,
    reason: null,
    parkedReason: null,
    error: null,
    createdAt: moment.now,
    endedAt: null,
  };
  const change = new Change({ instance, pointers: new Map() }, { ...moment, begin: owner !== null });
  change.tellRun("WorkflowStarted");
  change.activate(definition.steps[0]!.key);
  return change.done();
}
