import type { QueueProvider } from "../src/provider/queue.ts";
import { readEnv } from "./env.ts";
import { asCliError } from "./open_search.ts";

/** A queue on a server, until it is closed. */
export interface OpenQueue extends AsyncDisposable {
  /** The queue. */
  readonly queue: QueueProvider;
}

/**
 * Opens the queue on a server: that of the option, else of `WFE_QUEUE`, else none. The driver is loaded only then. A server
 * that is away is used once it is back.
 *
 * @throws {CliError} where it cannot be used
 */
export async function openQueue(option: string | undefined): Promise<OpenQueue | null> {
  const url = option ?? readEnv("WFE_QUEUE");
  if (url === undefined) return null;
  const { ValkeyProvider } = await import("../providers/valkey/mod.ts");
  try {
    return await ValkeyProvider.open(url, { required: false });
  } catch (error) {
    throw asCliError(error);
  }
}
