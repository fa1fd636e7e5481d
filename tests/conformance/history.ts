import type { JsonValue } from "../../src/definition/json.ts";
import type { Instance, Pointer } from "../../src/instance/instance.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { Persistence } from "../../src/provider/persistence.ts";

/**
 * What can be observed of the runs of a case, without times, without ids that chance gives, and without the order
 * between branches that go on at the same time. A case itself says which order is promised.
 */
export interface History {
  /** What step bodies have noted, as text, sorted. */
  readonly effects: readonly string[];
  /** By id of the run. */
  readonly runs: Readonly<Record<string, RunHistory>>;
}

/** What can be observed of one run. */
export interface RunHistory {
  /** Its header. */
  readonly header: JsonValue;
  /** Its activations, by their places. */
  readonly pointers: Readonly<Record<string, JsonValue>>;
  /** Its lifecycle events, as hosts have told of them: in order within the run as a whole, and within each branch. */
  readonly events: Readonly<Record<string, readonly JsonValue[]>>;
}

/** Reads what a case has left behind. */
export async function readHistory(
  store: Persistence,
  effects: readonly JsonValue[],
  events: readonly LifecycleEvent[],
): Promise<History> {
  const runs: Record<string, RunHistory> = {};
  for (const instance of await store.list({ limit: 10_000 })) {
    const pointers = await store.pointers(instance.id);
    const places = placesOf(pointers);
    runs[instance.id] = {
      header: header(instance, places),
      pointers: Object.fromEntries(
        pointers.map((pointer) => [places.get(pointer.id)!, activation(pointer, places)]),
      ),
      events: happenings(
        events.filter(({ runId }) => runId === instance.id),
        places,
        new Map(pointers.map((pointer) => [pointer.id, scopeOf(pointer, places)])),
      ),
    };
  }
  return { effects: effects.map((effect) => JSON.stringify(effect)).sort(), runs };
}

type Places = ReadonlyMap<number, string>;

/** Where each activation stands in the run: the same on every store, whatever its id. */
function placesOf(pointers: readonly Pointer[]): Places {
  const places = new Map<number, string>();
  const counts = new Map<string, number>();
  for (const pointer of pointers) {
    const { id, stepKey, undoes } = pointer;
    const what = undoes === null ? stepKey : `undo of ${places.get(undoes) ?? stepKey}`;
    const place = `${scopeOf(pointer, places)}/${what}`;
    const count = (counts.get(place) ?? 0) + 1;
    counts.set(place, count);
    places.set(id, count === 1 ? place : `${place} (${count})`);
  }
  return places;
}

function scopeOf({ parent, branch }: Pick<Pointer, "parent" | "branch">, places: Places): string {
  return parent === null ? "" : `${places.get(parent) ?? "(forgotten)"}/${branch}`;
}

function header(instance: Instance, places: Places): JsonValue {
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
    forks: Object.fromEntries(
      Object.entries(forks).map(([scope, count]) => {
        const [parent = 0, branch = 0] = scope.split(":").map(Number);
        return [scopeOf({ parent: parent === 0 ? null : parent, branch }, places), count];
      }),
    ),
    ended: instance.endedAt !== null,
  };
}

function activation(pointer: Pointer, places: Places): JsonValue {
  const { item, undoes, status, attempt, failures, input, state, output, error, open } = pointer;
  return {
    item,
    undoes: undoes === null ? null : places.get(undoes) ?? "(forgotten)",
    status,
    attempt,
    failures,
    input,
    state,
    output,
    error: error && `${error.type}: ${error.message} (${error.step}, attempt ${error.attempt})`,
    open,
  };
}

function happenings(
  events: readonly LifecycleEvent[],
  places: Places,
  scopes: Places,
): Record<string, readonly JsonValue[]> {
  const told: Record<string, JsonValue[]> = {};
  for (const event of [...events].sort((a, b) => a.sequence - b.sequence)) {
    const isStep = "pointerId" in event;
    // Of an iteration that is forgotten, only the step is known.
    const where = isStep ? scopes.get(event.pointerId) ?? `(forgotten) ${event.stepKey}` : "(run)";
    (told[where] ??= []).push(
      isStep
        ? [
          `${event.type} ${places.get(event.pointerId) ?? event.stepKey} attempt ${event.attempt}`,
          event.output,
          event.error?.message ?? null,
        ]
        : `${event.type}: ${event.reason}`,
    );
  }
  return told;
}
