import { connect, type Socket } from "node:net";

/** Bytes that a server sends at least before a connection can be used. */
const leastGreeting = 100;

/** Milliseconds that a socket may take to close by itself. */
const farewell = 250;

/** What the driver says of where to connect to. */
interface Target {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path: string | false;
}

/** What the driver reads from a socket that it did not make itself. */
type NamedSocket = Socket & { host?: string; port?: number };

/**
 * Makes the sockets of one client. The driver's own would try again for ever, and without a pause, where something accepts
 * connections and closes them at once, as a load balancer without servers does.
 */
export class SocketMaker {
  readonly #timeout: number;
  /** All that may be open. */
  #sockets: Socket[] = [];
  #next = 0;
  #closedEarly = false;

  /** A connection may take `timeout` milliseconds to come about. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** A connected socket; of several servers, another one each time. */
  async connect({ host, port, path }: Target): Promise<Socket> {
    if (this.#closedEarly) {
      this.#closedEarly = false;
      throw failure("ECONNRESET", "the connection was closed before the server said anything");
    }
    if (path) return await this.#connected(connect(path));
    const index = this.#next++ % host.length;
    const socket: NamedSocket = connect(port[index]!, host[index]!);
    socket.host = host[index]!;
    socket.port = port[index]!;
    // What follows on a statement before it is answered is not held back until it is.
    socket.setNoDelay(true);
    return await this.#connected(socket);
  }

  /** Resolves when all sockets are closed: by themselves, or, after a moment, by force. */
  async close(): Promise<void> {
    const sockets = this.#open();
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, farewell);
    // Who listened before may have been sent away: where a connection becomes an encrypted one, the driver does that.
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    clearTimeout(timer);
  }

  #open(): Socket[] {
    return this.#sockets = this.#sockets.filter(({ closed }) => !closed);
  }

  async #connected(socket: Socket): Promise<Socket> {
    this.#open().push(socket);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(failure("CONNECT_TIMEOUT", `no connection within ${this.#timeout} ms`)),
      this.#timeout,
    );
    socket.once("connect", resolve).once("error", reject);
    try {
      await promise;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
      socket.off("error", reject);
    }
    let heard = 0;
    const hear = (chunk: Uint8Array): void => {
      heard += chunk.length;
      if (heard >= leastGreeting) socket.off("data", hear);
    };
    socket.on("data", hear);
    socket.once("close", () => this.#closedEarly ||= heard < leastGreeting);
    return socket;
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
