import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import { connect as encrypt } from "node:tls";
import { closing } from "../closing.ts";
import { notOffered } from "../tls_troubles.ts";
import type { Encryption } from "./encryption.ts";

/** Bytes that a server sends at least before a connection can be used. */
const leastGreeting = 100;

/** Milliseconds that a socket may take to close by itself. */
const farewell = 250;

/** Asks a server whether it offers encryption: it answers by one character, `S` or `N`. */
const sslRequest = new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]);

/** What the driver says of where to connect to. */
interface Target {
  readonly host: string[];
  readonly port: readonly number[];
  readonly path: string | false;
}

/** What the driver reads from a socket that it did not make itself. */
type NamedSocket = Socket & { host?: string; port?: number };

/**
 * Makes the sockets of one client, and encrypts them. The driver's own would try again for ever, and without a pause, where
 * something accepts connections and closes them at once, as a load balancer without servers does.
 */
export class SocketMaker {
  readonly #timeout: number;
  readonly #encryption: Encryption | null;
  /** All that may be open. */
  #sockets: Socket[] = [];
  #hosts: readonly string[] | null = null;
  #next = 0;
  /** Why a connection was closed before it could be used. */
  #closedEarly: Error | null = null;
  #isClosing = false;

  /** A connection may take `timeout` milliseconds to come about. */
  constructor(timeout: number, encryption: Encryption | null) {
    this.#timeout = timeout;
    this.#encryption = encryption;
  }

  /** A connected socket; of several servers, another one each time, and one that can be reached if there is any. */
  async connect({ host, port, path }: Target): Promise<Socket> {
    const early = this.#closedEarly;
    this.#closedEarly = null;
    if (early) throw early;
    if (path) return await this.#ready(connect(path), null);
    // The driver tells nobody of errors while it knows of more servers.
    const hosts = this.#hosts ??= [host[0]!, ...host.splice(1)];
    for (let left = hosts.length;; left--) {
      const index = this.#next++ % hosts.length;
      try {
        return await this.#connectTo(hosts[index]!, port[index]!);
      } catch (error) {
        if (left === 1 || this.#isClosing) throw error;
      }
    }
  }

  /** Resolves when all sockets are closed: by themselves, or, after a moment, by force. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const sockets = this.#open();
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, farewell);
    // Those who listened before may have been sent away by the driver.
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    clearTimeout(timer);
  }

  async #connectTo(host: string, port: number): Promise<Socket> {
    const socket = connect(port, host);
    // What follows on a statement before it is answered is not held back until it is.
    socket.setNoDelay(true);
    const ready: NamedSocket = await this.#ready(socket, host);
    return Object.assign(ready, { host, port });
  }

  #open(): Socket[] {
    return this.#sockets = this.#sockets.filter(({ closed }) => !closed);
  }

  /** A socket that is connected and, on its way to a host, encrypted. */
  async #ready(socket: Socket, host: string | null): Promise<Socket> {
    this.#open().push(socket);
    // Whoever waits for something of it hears of it; without a listener the program would end.
    socket.on("error", () => {});
    const timer = setTimeout(
      () => socket.destroy(failure("CONNECT_TIMEOUT", `no connection within ${this.#timeout} ms`)),
      this.#timeout,
    );
    const closed = closing(socket);
    let ready = socket;
    try {
      await Promise.race([once(socket, "connect"), closed]);
      if (host !== null && this.#encryption) {
        ready = await this.#encrypted(socket, closed, host, this.#encryption);
      }
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    let heard = 0;
    const hear = (chunk: Uint8Array): void => {
      heard += chunk.length;
      if (heard >= leastGreeting) ready.off("data", hear);
    };
    ready.on("data", hear);
    ready.once("close", () => {
      if (heard >= leastGreeting) return;
      this.#closedEarly = ready.errored ??
        failure("ECONNRESET", "the connection was closed before the server said anything");
    });
    return ready;
  }

  /** The socket, or one that encrypts what goes through it; rejects as `closed` does. */
  async #encrypted(
    socket: Socket,
    closed: Promise<never>,
    host: string,
    { isOptional, checks, isDirect, ...certificates }: Encryption,
  ): Promise<Socket> {
    if (!isDirect && !await Promise.race([isOffered(socket), closed])) {
      if (isOptional) return socket;
      throw failure(notOffered, "it answered that it does not");
    }
    const encrypted = encrypt({
      ...certificates,
      socket,
      host,
      ...isIP(host) === 0 && { servername: host },
      rejectUnauthorized: checks !== "nothing",
      ...checks === "authority" && { checkServerIdentity: () => undefined },
      ...isDirect && { ALPNProtocols: ["postgresql"] },
    });
    this.#sockets.push(encrypted);
    encrypted.on("error", () => {});
    await Promise.race([once(encrypted, "secureConnect"), closed]);
    return encrypted;
  }
}

/** Whether a server offers encryption. */
async function isOffered(socket: Socket): Promise<boolean> {
  const answer = once(socket, "data");
  socket.write(sslRequest);
  const text = String((await answer)[0]);
  // What else came with it would be taken for a part of what is encrypted, and need not be the server's.
  if (text !== "S" && text !== "N") {
    throw failure("ECONNRESET", "the server answered what PostgreSQL does not");
  }
  return text === "S";
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
