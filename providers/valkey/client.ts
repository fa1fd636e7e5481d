/** What the provider needs of a client: that of `npm:redis` has this shape, and many others. */
export interface ValkeyClient {
  /** Sends one command, and resolves with the server's reply. */
  sendCommand(command: string[]): Promise<unknown>;
}

/** A connection for commands that wait: nothing else goes through it meanwhile. */
export interface BlockingClient extends ValkeyClient {
  /** Closes it at once: what waits on it rejects. */
  destroy(): unknown;
}

/** Makes another connection to the same server, for commands that wait. */
export type ConnectBlocking = () => Promise<BlockingClient>;
