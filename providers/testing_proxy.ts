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

/** Stands between clients and a server of the tests, whatever they speak, to fail as networks and servers do. */
export class Proxy implements AsyncDisposable {
  /** What it does. */
  mode: ProxyMode = "pass";
  /** Milliseconds before it passes something on. */
  delay = 0;
  /** Called with what a client sends, before it is passed on. */
  onSending: (text: string) => void = () => {};
  /** Called when what a client has sent has been passed on. */
  onSent: () => void = () => {};
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #clients = new Set<Deno.Conn>();
  readonly #work = new Set<Promise<void>>();
  readonly #target: URL;

  /** `target` is the URL of a server on this machine. */
  constructor(target: string) {
    this.#target = new URL(target);
    this.#keep(this.#accept());
  }

  /** Where clients find it. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** The server's URL, as it leads here. */
  get url(): string {
    const url = new URL(this.#target);
    url.port = String(this.port);
    return url.href;
  }

  /** Closes all connections that are open. */
  cut(): void {
    for (const connection of this.#open) close(connection);
    this.#open.clear();
  }

  /** Tells clients that they will hear nothing more, and goes on to pass on what they send. */
  halfClose(): void {
    for (const client of this.#clients) client.closeWrite().catch(() => {});
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
    const port = Number(this.#target.port);
    const server = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
    if (!server) return close(client);
    this.#open.add(client).add(server);
    this.#clients.add(client);
    await Promise.all([this.#pump(client, server, true), this.#pump(server, client, false)]);
    this.#open.delete(client);
    this.#open.delete(server);
    this.#clients.delete(client);
  }

  async #pump(from: Deno.Conn, to: Deno.Conn, isQuestion: boolean): Promise<void> {
    const buffer = new Uint8Array(65_536);
    let passing: Promise<void> = Promise.resolve();
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        if (this.mode === "freeze" || this.mode === "deaf" && !isQuestion) continue;
        const bytes = buffer.slice(0, count);
        const due = this.delay > 0 ? new Promise((resolve) => setTimeout(resolve, this.delay)) : null;
        const before = passing;
        passing = (async () => {
          await before;
          await due;
          await this.#pass(bytes, to, isQuestion);
        })();
        // What is late does not hold up what comes behind it.
        if (due === null) await passing;
        else passing.catch(() => {});
      }
      await passing;
    } catch {
      // One of them is closed.
    }
    close(from);
    close(to);
  }

  async #pass(bytes: Uint8Array, to: Deno.Conn, isQuestion: boolean): Promise<void> {
    if (isQuestion) this.onSending(decoder.decode(bytes));
    for (let start = 0; start < bytes.length;) start += await to.write(bytes.subarray(start));
    if (isQuestion) this.onSent();
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
