import type { createLogUpdate } from "log-update";
import type { Sink } from "../io.ts";

/** Makes a text that is redrawn in place. */
export type CreateLogUpdate = typeof createLogUpdate;

/**
 * Loads log-update; null where it cannot be, since what it imports reads the environment (TERM, TERM_PROGRAM, TMUX)
 * and that may not be allowed. Never asks for permission.
 */
export async function loadLogUpdate(): Promise<CreateLogUpdate | null> {
  const names = ["TERM", "TERM_PROGRAM", "TMUX"];
  const states = names.map((variable) => Deno.permissions.querySync({ name: "env", variable }).state);
  if (states.includes("prompt")) return null;
  try {
    return (await import("log-update")).createLogUpdate;
  } catch {
    return null;
  }
}

/** A sink as log-update wants its stream. */
export function toStream(sink: Sink): NodeJS.WriteStream {
  const stream = {
    isTTY: true,
    get columns(): number {
      return sink.size().columns;
    },
    get rows(): number {
      return sink.size().rows;
    },
    write(text: string): boolean {
      sink.write(text);
      return true;
    },
  };
  return stream as unknown as NodeJS.WriteStream;
}
