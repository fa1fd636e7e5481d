import { frozenJson } from "../definition/canonical_json.ts";
import { checkEvent, checkText } from "../definition/check_text.ts";
import type { JsonValue } from "../definition/json.ts";
import type { PublishOptions } from "../definition/step_context.ts";
import { timeOf } from "../definition/time.ts";
import type { NewEvent } from "../instance/transition.ts";

/** Checks what is to be published; its data may have `limit` bytes. */
export function newEvent(
  name: string,
  key: string,
  data: JsonValue | undefined,
  { messageId, time }: PublishOptions,
  limit: number,
): NewEvent {
  checkEvent("publish an event", name, key);
  if (messageId !== undefined) checkText("publish an event", "message id", messageId);
  const at = timeOf(time);
  if (time !== undefined && at === undefined) {
    throw new RangeError(
      `Cannot publish event ${
        JSON.stringify(name)
      }: its time must be a date or milliseconds since 1970, received ${String(time)}`,
    );
  }
  return {
    name,
    key,
    data: data === undefined ? null : frozenJson(data, "event data", limit),
    time: at ?? null,
    messageId: messageId ?? null,
  };
}
