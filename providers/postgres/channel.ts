import { Pace } from "../pace.ts";
import type { PostgresClient } from "./client.ts";
import type { Connection } from "./connection.ts";

/** Milliseconds of the first pause before the listening connection is made anew, and of the longest. */
const firstPause = 50;
const longestPause = 5_000;

const notify = "SELECT pg_notify($1, $2)";

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
  readonly #listeners = new Set<Pace>();
  readonly #telling: Pace;
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
    this.#telling = new Pace(() => this.#tell());
  }

  /** Something may concern others. */
  signal(): void {
    if (!this.#closed) this.#telling.tell();
  }

  /** Calls back for what others signal. */
  watch(listener: () => void): Disposable {
    const pace = new Pace(listener);
    this.#listeners.add(pace);
    if (!this.#client && !this.#unlisten) this.#listen();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(pace);
        pace[Symbol.dispose]();
        if (this.#listeners.size === 0) void this.#end();
      },
    };
  }

  /** Ends all watches. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#telling[Symbol.dispose]();
    for (const pace of this.#listeners) pace[Symbol.dispose]();
    this.#listeners.clear();
    await this.#end();
    await this.#sent;
  }

  #tell(): void {
    // A signal that is lost delays: a sweep finds what it was about.
    const telling = this.#parts.connection.once(notify, this.#name, this.#origin).catch(() => {});
    // Clients that are being ended are waited for, too.
    this.#sent = Promise.all([this.#sent, telling]);
  }

  #listen(): void {
    const { connect, listenBy } = this.#parts;
    const hear = (payload: string): void => {
      if (payload !== this.#origin) this.#call();
    };
    if (connect) {
      const client = connect(hear, () => this.#again(client));
      this.#client = client;
      client.unsafe(`LISTEN "${this.#name}"`).then(() => this.#begun(), () => this.#again(client));
    } else if (listenBy) {
      this.#unlisten = () => {};
      listenBy.listen(this.#name, hear, () => this.#call()).then(({ unlisten }) => {
        if (this.#listeners.size === 0) void unlisten().catch(() => {});
        else this.#unlisten = () => unlisten().catch(() => {});
      }, () => this.#unlisten = null);
    }
  }

  /** What was told before is lost. */
  #begun(): void {
    this.#pause = firstPause;
    this.#call();
  }

  #call(): void {
    for (const pace of this.#listeners) pace.tell();
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
