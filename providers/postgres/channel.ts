import type { Outside } from "../bell.ts";
import { Pace } from "../pace.ts";
import type { PostgresClient } from "./client.ts";
import type { Connection } from "./connection.ts";

/** Milliseconds of the first pause before the listening connection is made anew, and of the longest. */
const firstPause = 50;
const longestPause = 5_000;

const notify = "SELECT pg_notify($1, $2)";
const tell = "SELECT @wfe_tell($1, $2)";

/** Hears that others have something to do; where it is known for which runs alone, with their ids. */
export type Hearer = (runIds?: readonly string[]) => void;

interface Listener {
  /** What it listens to. */
  readonly topic: string;
  readonly hear: Hearer;
  /** For what is told without ids, which is worth no more than one look. */
  readonly pace: Pace;
}

/** What a channel works with. */
export interface ChannelParts {
  /** Tells others. */
  readonly connection: Connection;
  /** Makes a client that calls back for what is notified, and when its connection has ended; null: `listenBy`. */
  readonly connect: ((onNotify: (payload: string) => void, onClose: () => void) => PostgresClient) | null;
  /** The caller's client, which makes its listening connection anew by itself. */
  readonly listenBy: PostgresClient | null;
}

/**
 * Tells other processes, behind a commit, that they may have something to do, and hears of it. Not within the
 * transaction: PostgreSQL lets one transaction at a time commit that has notified anybody.
 */
export class Channel {
  readonly #parts: ChannelParts;
  readonly #name: string;
  readonly #origin = crypto.randomUUID();
  readonly #listeners = new Set<Listener>();
  readonly #telling = new Map<string, Pace>();
  #sent: Promise<unknown> = Promise.resolve();
  #client: PostgresClient | null = null;
  #unlisten: (() => unknown) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = firstPause;
  #closed = false;

  constructor(parts: ChannelParts) {
    this.#parts = parts;
    const { name } = parts.connection.schema;
    // A channel's name has 63 bytes.
    this.#name = `wfe ${
      Array.from(new TextEncoder().encode(name), (byte) => byte.toString(36)).join("").slice(0, 55)
    }`;
  }

  /** Something may concern others. */
  signal(topic = ""): void {
    if (this.#closed) return;
    this.#telling.getOrInsertComputed(topic, () => new Pace(() => this.#tell(topic))).tell();
  }

  /**
   * Tells others of the runs that were woken by the statement before, on a connection that does one thing after the other.
   * Sent before that is answered, it costs no way to the server of its own.
   */
  async tellBehind(connection: Connection): Promise<void> {
    await connection.once(tell, this.#name, this.#origin);
  }

  /** Calls back for what others signal. */
  watch(hear: Hearer, topic = ""): Disposable {
    const listener: Listener = { topic, hear, pace: new Pace(hear) };
    this.#listeners.add(listener);
    if (!this.#client && !this.#unlisten) this.#listen();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
        listener.pace[Symbol.dispose]();
        if (this.#listeners.size === 0) void this.#end();
      },
    };
  }

  /** The same for one thing: who listens for others does not hear of it. */
  topic(topic: string): Outside {
    return {
      signal: () => this.signal(topic),
      watch: (listener) => this.watch(listener, topic),
    };
  }

  /** Ends all watches. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const pace of this.#telling.values()) pace[Symbol.dispose]();
    for (const { pace } of this.#listeners) pace[Symbol.dispose]();
    this.#listeners.clear();
    await this.#end();
    await this.#sent;
  }

  #tell(topic: string): void {
    const payload = topic === "" ? this.#origin : `${this.#origin} ${topic}`;
    // A signal that is lost delays: a sweep finds what it was about.
    const telling = this.#parts.connection.once(notify, this.#name, payload).catch(() => {});
    // Clients that are being ended are waited for, too.
    this.#sent = Promise.all([this.#sent, telling]);
  }

  #listen(): void {
    const { connect, listenBy } = this.#parts;
    const hear = (payload: string): void => {
      const [origin, topic = "", ...rest] = payload.split(" ");
      if (origin === this.#origin) return;
      const runIds = rest.length > 0 ? idsOf(rest.join(" ")) : null;
      if (!runIds) return this.#call(topic);
      for (const listener of this.#listeners) if (listener.topic === topic) listener.hear(runIds);
    };
    if (connect) {
      const client = connect(hear, () => this.#again(client));
      this.#client = client;
      client.unsafe(`LISTEN "${this.#name}"`).then(() => this.#begun(), () => this.#again(client));
    } else if (listenBy) {
      const listening = listenBy.listen(this.#name, hear, () => this.#call());
      // Also where it has not come about yet: whoever closes the client then would cut it short.
      this.#unlisten = () => listening.then(({ unlisten }) => unlisten()).catch(() => {});
      listening.catch(() => this.#unlisten = null);
    }
  }

  /** What was told before is lost. */
  #begun(): void {
    this.#pause = firstPause;
    this.#call();
  }

  /** Calls those who listen to a topic, or all. */
  #call(topic?: string): void {
    for (const listener of this.#listeners) {
      if (listener.topic === (topic ?? listener.topic)) listener.pace.tell();
    }
  }

  /** The connection has ended: another one, after a while. */
  #again(client: PostgresClient): void {
    if (client !== this.#client) return;
    this.#client = null;
    this.#sent = Promise.all([this.#sent, client.end({ timeout: 1 }).catch(() => {})]);
    if (this.#closed || this.#listeners.size === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#closed && this.#listeners.size > 0 && !this.#client) this.#listen();
    }, this.#pause);
    this.#pause = Math.min(this.#pause * 2, longestPause);
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    const unlisten = this.#unlisten;
    this.#unlisten = null;
    this.#sent = Promise.all([this.#sent, client?.end({ timeout: 1 }).catch(() => {}), unlisten?.()]);
    await this.#sent;
  }
}

/** The ids in a payload; null where it has none, for anybody may notify. */
function idsOf(text: string): readonly string[] | null {
  try {
    const ids: unknown = JSON.parse(text);
    return Array.isArray(ids) && ids.every((id) => typeof id === "string") ? ids : null;
  } catch {
    return null;
  }
}
