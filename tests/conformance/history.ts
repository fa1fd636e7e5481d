import type { JsonValue } from "../../src/definition/json.ts";
import type { Instance, Pointer } from "../../src/instance/instance.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { Persistence } from "../../src/provider/persistence.ts";

/** What can be observed of the runs of a case, without times and without ids that chance gives. */
export interface History {
  /** What step bodies have noted, in order. */
  readonly effects: readonly JsonValue[];
  /** By id of the run. */
  readonly runs: Readonly<Record<string, RunHistory>>;
}

/** What can be observed of one run. */
export interface RunHistory {
  /** Its header. */
  readonly header: JsonValue;
  /** Its activations, in the order of creation. */
  readonly pointers: readonly JsonValue[];
  /** Its lifecycle events, as hosts have told of them. */
  readonly events: readonly JsonValue[];
}

/** Reads what a case has left behind. */
export async function readHistory(
  store: Persistence,
  effects: readonly JsonValue[],
  events: readonly LifecycleEvent[],
): Promise<History> {
  const runs: Record<string, RunHistory> = {};
  for (const instance of await store.list({ limit: 1_000 })) {
    runs[instance.id] = {
      header: header(instance),
      pointers: (await store.pointers(instance.id)).map(activation),
      events: events.filter(({ runId }) => runId === instance.id).map(happening),
    };
  }
  return { effects, runs };
}

function header(instance: Instance): JsonValue {
  const { definitionId, version, status, data, attempt, reason, parkedReason, error, crashes } = instance;
  const { inboxSeq, inboxRead, forks } = instance;
  return {
    definitionId,
    version,
    status,
    data,
    attempt,
    reason,
    parkedReason: parkedReason?.replace(/[0-9a-f]{64}/, "(hash)") ?? null,
    error: error && `${error.type}: ${error.message} (${error.step}, attempt ${error.attempt})`,
    crashes,
    unread: inboxSeq - inboxRead,
    forks,
    ended: instance.endedAt !== null,
  };
}

function activation(pointer: Pointer): JsonValue {
  const { id, stepKey, parent, branch, item, undoes, status, attempt, failures } = pointer;
  const { input, state, output, error, open } = pointer;
  return [
    `${id} ${stepKey} ${status} in ${parent}/${branch}`,
    { item, undoes, attempt, failures, input, state, output, open },
    error && `${error.type}: ${error.message} (${error.step}, attempt ${error.attempt})`,
  ];
}

function happening(event: LifecycleEvent): JsonValue {
  if (!("pointerId" in event)) return `${event.type}: ${event.reason}`;
  const { type, pointerId, stepKey, undoes, attempt, output, error } = event;
  return [`${type} ${pointerId} ${stepKey} attempt ${attempt}`, { undoes, output }, error?.message ?? null];
}
