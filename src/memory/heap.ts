/** Items in an order that finds the first ones without looking at the others. */
export class Heap<Item> {
  readonly #compare: (a: Item, b: Item) => number;
  readonly #items: Item[] = [];
  readonly #places = new Map<Item, number>();

  /** @param compare negative where the first comes before the second */
  constructor(compare: (a: Item, b: Item) => number) {
    this.#compare = compare;
  }

  /** Puts an item in, or to its new place after what it is compared by has changed. */
  put(item: Item): void {
    const place = this.#places.get(item) ?? this.#items.length;
    this.#set(place, item);
    this.#settle(place);
  }

  /** Takes an item out, if it is in. */
  delete(item: Item): void {
    const place = this.#places.get(item);
    if (place === undefined) return;
    this.#places.delete(item);
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#set(place, last);
    this.#settle(place);
  }

  /** Whether an item is in. */
  has(item: Item): boolean {
    return this.#places.has(item);
  }

  /**
   * The first `limit` items that fit, in order. They stay in.
   *
   * @param within where it no longer holds, the search ends
   */
  first(limit: number, within: (item: Item) => boolean, fits: (item: Item) => boolean): Item[] {
    const found: Item[] = [];
    const seen: Item[] = [];
    while (found.length < limit && this.#items.length > 0 && within(this.#items[0]!)) {
      const item = this.#items[0]!;
      this.delete(item);
      seen.push(item);
      if (fits(item)) found.push(item);
    }
    for (const item of seen) this.put(item);
    return found;
  }

  #set(place: number, item: Item): void {
    this.#items[place] = item;
    this.#places.set(item, place);
  }

  #settle(place: number): void {
    const item = this.#items[place]!;
    for (let above = (place - 1) >> 1; place > 0; place = above, above = (place - 1) >> 1) {
      if (this.#compare(item, this.#items[above]!) >= 0) break;
      this.#set(place, this.#items[above]!);
    }
    for (;;) {
      let below = 2 * place + 1;
      const right = this.#items[below + 1];
      if (right !== undefined && this.#compare(right, this.#items[below]!) < 0) below++;
      const next = this.#items[below];
      if (next === undefined || this.#compare(item, next) <= 0) break;
      this.#set(place, next);
      place = below;
    }
    this.#set(place, item);
  }
}
