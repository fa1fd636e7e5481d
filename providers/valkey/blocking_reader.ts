import type { BlockingClient } from "./client.ts";
import type { Connection } from "./connection.ts";
import { within } from "./within.ts";

/** Milliseconds beyond its own time that a command may wait. */
const grace = 5_000;
/** Milliseconds before the server is asked again to end a wait that had not begun. It doubles. */
const firstPause = 1;
const longestPause = 100;

interface Opened {
  readonly client: BlockingClient;
  /** By which the server knows the connection. */
  readonly id: string;
}

/** Sends commands that wait, one at a time, on a connection of its own; what waits can be ended. */
export class BlockingReader {
  readonly #connection: Connection;
  #opened: Promise<Opened> | null = null;

  /** `connection` ends what waits. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * The reply to a command that waits for so many milliseconds at most; null where there is none, or the signal aborts
   * first. Throws what the client throws.
   */
  async read(command: string[], milliseconds: number, signal: AbortSignal): Promise<unknown> {
    if (signal.aborted) return null;
    const opening = this.#opened ??= this.#open();
    let isOver = false;
    const end = (): void => void this.#unblock(opening, () => isOver);
    signal.addEventListener("abort", end, { once: true });
    try {
      const { client } = await opening;
      if (signal.aborted) return null;
      return await within(client.sendCommand(command), milliseconds + grace);
    } catch (error) {
      this.#giveUp(opening);
      if (signal.aborted) return null;
      throw error;
    } finally {
      isOver = true;
      signal.removeEventListener("abort", end);
    }
  }

  /** Closes the connection. */
  close(): void {
    if (this.#opened) this.#giveUp(this.#opened);
  }

  async #open(): Promise<Opened> {
    const client = await this.#connection.connectBlocking!();
    try {
      return { client, id: String(await within(client.sendCommand(["CLIENT", "ID"]), grace)) };
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  /**
   * Lets the server end what waits, so that it gives nothing to who has gone; where it does not answer, by force. It is
   * asked until it has: on a connection of its own it may be asked before the command has come that waits.
   */
  async #unblock(opening: Promise<Opened>, isOver: () => boolean): Promise<void> {
    try {
      const { id } = await opening;
      for (let wait = firstPause; !isOver(); wait = Math.min(wait * 2, longestPause)) {
        if (await this.#connection.send("end a wait", "CLIENT", "UNBLOCK", id) === 1) return;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    } catch {
      this.#giveUp(opening);
    }
  }

  #giveUp(opening: Promise<Opened>): void {
    if (this.#opened === opening) this.#opened = null;
    opening.then(({ client }) => client.destroy(), () => {});
  }
}
