/** Names of keys: with a hash tag, so that a cluster keeps them together, and scripts may use several. */
export class Keys {
  readonly #tag: string;

  /** `prefix` is what they begin with. */
  constructor(prefix: string) {
    this.#tag = `{${prefix}}`;
  }

  /** The stream of hints. */
  get queue(): string {
    return `${this.#tag}:queue`;
  }

  /** The stream of names of locks that were freed. */
  get freed(): string {
    return `${this.#tag}:freed`;
  }

  /** Who has a lock. */
  lock(name: string): string {
    return `${this.#tag}:lock:${name}`;
  }

  /** The last fence of a lock. */
  fence(name: string): string {
    return `${this.#tag}:fence:${name}`;
  }

  /** The stream of lifecycle events. */
  feed(sink: string): string {
    return `${this.#tag}:feed:${sink}`;
  }
}
