import type { ReachPoint } from "./stores.ts";

const decoder = new TextDecoder();

/** One message of PostgreSQL's protocol, as it was sent. */
interface Message {
  /** Its letter; that of the first one of a client, which has none, is empty. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/**
 * Stands between one host and its PostgreSQL server. It knows each statement on its way and each answer on its way back, by
 * names such as `select wfe_write 3 before` and `commit 7 after`, and passes one on after the other.
 */
export class Wire implements Disposable {
  /** Called for each statement; nothing is, unless set. */
  reach: ReachPoint = () => Promise.resolve();
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #counts = new Map<string, number>();
  readonly #target: URL;

  /** `target` is the URL of a server on this machine. */
  constructor(target: string) {
    this.#target = new URL(target);
    void this.#accept();
  }

  /** The server's URL, as it leads here. */
  get url(): string {
    const url = new URL(this.#target);
    url.port = String(this.#listener.addr.port);
    return url.href;
  }

  /** Closes every connection, and lets nobody in any more. */
  [Symbol.dispose](): void {
    close(this.#listener);
    for (const connection of this.#open) close(connection);
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) void this.#serve(client);
    } catch {
      // It is closed.
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    const pair = [client];
    try {
      this.#open.add(client);
      const server = await Deno.connect({ hostname: "127.0.0.1", port: Number(this.#target.port) });
      pair.push(server);
      this.#open.add(server);
      client.setNoDelay();
      server.setNoDelay();
      await this.#carry(client, server);
    } catch {
      // One of them is closed, or is to be.
    }
    for (const connection of pair) {
      close(connection);
      this.#open.delete(connection);
    }
  }

  async #carry(client: Deno.Conn, server: Deno.Conn): Promise<void> {
    const questions = new Messages(client, true);
    const answers = new Messages(server);
    const texts = new Map<string, string>();
    await send(server, [await questions.next()]);
    await send(client, await answers.until("Z"));
    for (;;) {
      const question = await questions.until("QSHX");
      const last = question.at(-1)!.type;
      if (last === "X") return await send(server, question);
      if (last === "H") {
        // A description of a statement, which changes nothing.
        this.#textOf(question, texts);
        await send(server, question);
        await send(client, await answers.until("TnE"));
        continue;
      }
      const point = this.#nameOf(this.#textOf(question, texts));
      await this.reach(`${point} before`);
      await send(server, question);
      const answer = await answers.until("Z");
      await this.reach(`${point} after`);
      await send(client, answer);
    }
  }

  /** The text of a statement by its name, for later; returns that of the one that is run. */
  #textOf(question: readonly Message[], texts: Map<string, string>): string {
    let sql = "";
    for (const { type, bytes } of question) {
      const [first = "", second = ""] = decoder.decode(bytes.subarray(5)).split("\0");
      if (type === "Q") sql = first;
      if (type === "P") texts.set(first, sql = second);
      if (type === "B") sql = texts.get(second) ?? sql;
    }
    return sql;
  }

  #nameOf(sql: string): string {
    const verb = /\w+/.exec(sql)?.[0].toLowerCase();
    const named = /\bwfe_\w+/.exec(sql)?.[0];
    const name = named ? `${verb} ${named}` : `${verb}`;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return `${name} ${count}`;
  }
}

/** The messages that come by a connection. */
class Messages {
  readonly #connection: Deno.Conn;
  readonly #chunk = new Uint8Array(65_536);
  #rest = new Uint8Array();
  #isFirst: boolean;

  /** `isClient`: the first has no letter. */
  constructor(connection: Deno.Conn, isClient = false) {
    this.#connection = connection;
    this.#isFirst = isClient;
  }

  /** The messages up to the first of one of these letters. */
  async until(letters: string): Promise<Message[]> {
    const messages = [];
    do messages.push(await this.next()); while (!letters.includes(messages.at(-1)!.type));
    return messages;
  }

  /** The next one. */
  async next(): Promise<Message> {
    const head = this.#isFirst ? 0 : 1;
    await this.#have(head + 4);
    const size = head + new DataView(this.#rest.buffer, this.#rest.byteOffset).getUint32(head);
    await this.#have(size);
    const bytes = this.#rest.slice(0, size);
    this.#rest = this.#rest.subarray(size);
    this.#isFirst = false;
    return { type: head === 0 ? "" : String.fromCharCode(bytes[0]!), bytes };
  }

  async #have(size: number): Promise<void> {
    while (this.#rest.length < size) {
      const count = await this.#connection.read(this.#chunk);
      if (count === null) throw new Error("The connection is closed");
      const all = new Uint8Array(this.#rest.length + count);
      all.set(this.#rest);
      all.set(this.#chunk.subarray(0, count), this.#rest.length);
      this.#rest = all;
    }
  }
}

async function send(to: Deno.Conn, messages: readonly Message[]): Promise<void> {
  const size = messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const all = new Uint8Array(size);
  let place = 0;
  for (const { bytes } of messages) {
    all.set(bytes, place);
    place += bytes.length;
  }
  for (let start = 0; start < size;) start += await to.write(all.subarray(start));
}

function close(resource: { close(): void }): void {
  try {
    resource.close();
  } catch {
    // It is closed already.
  }
}
