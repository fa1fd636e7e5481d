import type { JsonValue } from "../../definition/json.ts";
import type { EventWait, PublishedEvent } from "../../instance/instance.ts";
import type { InstanceState } from "../../instance/instance_state.ts";
import type { Change, NewEvent } from "../../instance/transition.ts";
import type { PublishOutcome } from "../../provider/persistence.ts";
import { changeRun, type RunOptions, type Scene, start } from "./scene.ts";

/** The event that these tests are about, with its number as what it says. */
export function event(data: JsonValue, more: Partial<NewEvent> = {}): NewEvent {
  return { name: "paid", key: "order-7", time: null, messageId: null, data, ...more };
}

/** A wait for that event. */
export function wait(more: Partial<EventWait> = {}): EventWait {
  return { name: "paid", key: "order-7", since: 0, ...more };
}

/** Publishes events one after the other. */
export async function publish(
  { store }: Pick<Scene, "store">,
  ...events: readonly NewEvent[]
): Promise<PublishOutcome[]> {
  const outcomes: PublishOutcome[] = [];
  for (const event of events) outcomes.push(await store.publish(event));
  return outcomes;
}

/** An activation that waits. */
export function beginWait(change: Change, wait: EventWait): void {
  const { id } = change.create({
    stepKey: "a",
    parent: null,
    branch: 0,
    item: null,
    status: "Waiting",
    wait,
  });
  change.subscribe(id, wait);
}

/** Starts a run that waits. */
export async function startWaiting(
  scene: Scene,
  id: string,
  waits: readonly EventWait[] = [wait()],
  more: RunOptions = {},
): Promise<InstanceState> {
  return await start(scene, id, more, (change) => {
    for (const wait of waits) beginWait(change, wait);
  });
}

/** Reads all mail as the engine does: an event goes to the oldest wait that it fits. Returns what was taken. */
export async function readEvents(
  scene: Scene,
  runId: string,
  { limit = Infinity, again = false }: {
    /** At most so many messages. */
    readonly limit?: number;
    /** Whether a wait that is over is followed by another at once. */
    readonly again?: boolean;
  } = {},
): Promise<JsonValue[]> {
  const mail = (await scene.store.mail(runId, 0)).slice(0, limit);
  const taken: JsonValue[] = [];
  await changeRun(scene, runId, (change) => {
    for (const message of mail) {
      change.set({ inboxRead: message.seq });
      if (message.kind !== "event" || message.event.seq <= message.cursor) continue;
      if (!change.hasTaken(message.event) && take(change, message.event, again)) {
        taken.push(message.event.data);
      }
    }
  });
  return taken;
}

/** Reads mail until none is left; returns what was taken each time. */
export async function drain(scene: Scene, runId: string, again = true): Promise<JsonValue[][]> {
  const taken: JsonValue[][] = [];
  while ((await scene.store.mail(runId, 0)).length > 0) taken.push(await readEvents(scene, runId, { again }));
  return taken;
}

/** What the events in a mailbox say. */
export async function mailed({ store }: Pick<Scene, "store">, runId: string): Promise<JsonValue[]> {
  return (await store.mail(runId, 0)).flatMap((message) =>
    message.kind === "event" ? [message.event.data] : []
  );
}

/** An activation waits no more, and has got nothing. */
export function cancelWait(change: Change, id: number): void {
  change.unsubscribe(id);
  change.movePointer(id, "Cancelled", { wait: null });
}

function take(change: Change, event: PublishedEvent, again: boolean): boolean {
  for (const { id, status, wait } of change.pointers) {
    if (status !== "Waiting" || wait?.name !== event.name || wait.key !== event.key) continue;
    if (wait.since > event.time) continue;
    change.take(event);
    change.unsubscribe(id);
    change.movePointer(id, "Complete", { wait: null, output: event.data });
    if (again) beginWait(change, wait);
    return true;
  }
  return false;
}
