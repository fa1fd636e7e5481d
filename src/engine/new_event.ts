import { frozenJson } from "../definition/canonical_json.ts";
import type { JsonValue } from "../definition/json.ts";
import type { PublishOptions } from "../definition/step_context.ts";
import type { NewEvent } from "../instance/transition.ts";

/** Most characters of an event's name, key and message id. */
const longest = 1_000;

/** Checks what is to be published. */
export function newEvent(
  name: string,
  key: string,
  data: JsonValue | undefined,
  { messageId, time }: PublishOptions,
): NewEvent {
  checkText("name", name);
  checkText("key", key);
  if (messageId !== undefined) checkText("message id", messageId);
  const at = time instanceof Date ? time.getTime() : time;
  if (at !== undefined && !Number.isFinite(at)) {
    throw new TypeError(
      `Cannot publish event ${JSON.stringify(name)}: its time must be a date or milliseconds, received ${
        String(time)
      }`,
    );
  }
  return {
    name,
    key,
    data: data === undefined ? null : frozenJson(data, "event data"),
    time: at === undefined ? null : Math.round(at),
    messageId: messageId ?? null,
  };
}

function checkText(what: string, text: unknown): void {
  const isText = typeof text === "string" && text.isWellFormed() && !text.includes("\0");
  if (isText && text.length <= longest && (text.length > 0 || what === "key")) return;
  const received = typeof text !== "string"
    ? typeof text
    : text.length > longest
    ? `${text.length} characters`
    : JSON.stringify(text);
  throw new TypeError(
    `Cannot publish an event: its ${what} must be text of at most ${longest} characters, received ${received}`,
  );
}
