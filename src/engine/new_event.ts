import { frozenJson } from "../definition/canonical_json.ts";
import type { JsonValue } from "../definition/json.ts";
import type { PublishOptions } from "../definition/step_context.ts";
import { timeOf } from "../definition/time.ts";
import type { NewEvent } from "../instance/transition.ts";

/** Most characters of an event's name, key and message id. */
const longest = 1_000;

/** Checks what is to be published; its data may have `limit` bytes. */
export function newEvent(
  name: string,
  key: string,
  data: JsonValue | undefined,
  { messageId, time }: PublishOptions,
  limit: number,
): NewEvent {
  checkEvent("publish", name, key);
  if (messageId !== undefined) checkText("publish", "message id", messageId);
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

/**
 * Checks what an event is called and what it is about.
 *
 * @throws {TypeError}
 */
export function checkEvent(verb: "publish" | "wait for", name: unknown, key: unknown): void {
  checkText(verb, "name", name);
  checkText(verb, "key", key);
}

function checkText(verb: string, what: string, text: unknown): void {
  const isText = typeof text === "string" && text.isWellFormed() && !text.includes("\0");
  if (isText && text.length <= longest && (text.length > 0 || what === "key")) return;
  const received = typeof text !== "string"
    ? typeof text
    : text.length > longest
    ? `${text.length} characters`
    : JSON.stringify(text);
  throw new TypeError(
    `Cannot ${verb} an event: its ${what} must be text of at most ${longest} characters, received ${received}`,
  );
}
