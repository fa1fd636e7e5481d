/** What a {@linkcode Proxy} does with what it is sent. */
export type ProxyMode =
  /** Passes it on. */
  | "pass"
  /** Closes new connections at once. */
  | "refuse"
  /** Passes on what clients send, and keeps the answers to itself. */
  | "deaf"
  /** Passes nothing on, either way. */
  | "freeze";

const decoder = new TextDecoder();

/** Stands between a client and the server of the tests, to fail as networks and servers do. */
export class Proxy implements AsyncDisposable {
  /** What it does. */
  mode: ProxyMode = "pass";
  /** Called with what a client sends, before it is passed on. */
  onSending: (text: string) => void = () => {};
  /** Called when what a client has sent has been passed on. */
  onSent: () => void = () => {};
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #work = new Set<Promise<void>>();
  readonly #target: number;

  constructor(target = 5433) {
    this.#target = target;
    this.#keep(this.#accept());
  }

  /** Where clients find it. */
  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.#listener.addr.port}/postgres`;
  }

  /** Closes all connections that are open. */
  cut(): void {
    for (const connection of this.#open) close(connection);
    this.#open.clear();
  }

  /** Closes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) this.#keep(this.#serve(client));
    } catch {
      // It is closed.
    }
  }

  async #serve(client: Deno.Conn): Promise<void> {
    if (this.mode === "refuse") return close(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
    this.#open.add(client).add(server);
    await Promise.all([this.#pump(client, server, true), this.#pump(server, client, false)]);
    this.#open.delete(client);
    this.#open.delete(server);
  }

  async #pump(from: Deno.Conn, to: Deno.Conn, isQuestion: boolean): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        if (this.mode === "freeze" || this.mode === "deaf" && !isQuestion) continue;
        if (isQuestion) this.onSending(decoder.decode(buffer.subarray(0, count)));
        for (let start = 0; start < count;) start += await to.write(buffer.subarray(start, count));
        if (isQuestion) this.onSent();
      }
    } catch {
      // One of them is closed.
    }
    close(from);
    close(to);
  }

  #keep(work: Promise<void>): void {
    const kept = work.finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
