/**
 * Finds any of many patterns in one pass over a text, after Aho and Corasick. Line breaks in the text are passed over,
 * so that a pattern is found where a tool has wrapped it.
 *
 * Takes time in proportion to the text, whatever the patterns. Nodes with one child, nearly all, cost three numbers;
 * the others have a row with the next node for every character.
 */
export class Automaton {
  /** Class of each UTF-16 code unit: 0 for those in no pattern. */
  readonly #classes = new Uint16Array(0x1_0000);
  readonly #label: Int32Array;
  readonly #child: Int32Array;
  readonly #fail: Int32Array;
  readonly #depth: Int32Array;
  /** Length of the longest pattern that ends at a node, and the number of a pattern that ends there. */
  readonly #length: Int32Array;
  readonly #pattern: Int32Array;
  /** Where a node's row begins; -1 for a node without. */
  readonly #row: Int32Array;
  readonly #rows: Int32Array;

  /** Patterns have no line breaks; empty ones are never found. */
  constructor(patterns: readonly string[]) {
    const width = this.#classify(patterns);
    const { size, label, first, sibling, depth, ends } = this.#trie(patterns);
    this.#label = label.slice(0, size);
    this.#child = first.slice(0, size);
    this.#depth = depth.slice(0, size);
    this.#fail = new Int32Array(size);
    this.#length = new Int32Array(size);
    this.#pattern = new Int32Array(size);
    this.#row = new Int32Array(size).fill(-1);
    const branches = (node: number) => node === 0 || sibling[first[node]!]! > 0;
    let count = 0;
    for (let node = 0; node < size; node++) if (branches(node)) count++;
    this.#rows = new Int32Array(count * width);
    let rowEnd = 0;
    // By breadth: what a node falls back to is complete before it.
    const queue = new Int32Array(size);
    let tail = 1;
    for (let head = 0; head < tail; head++) {
      const node = queue[head]!;
      const fail = this.#fail[node]!;
      const isEnd = ends[node]! > 0;
      this.#length[node] = isEnd ? depth[node]! : this.#length[fail]!;
      this.#pattern[node] = isEnd ? ends[node]! - 1 : this.#pattern[fail]!;
      const row = branches(node) ? rowEnd : -1;
      if (row >= 0) {
        rowEnd += width;
        if (node > 0) { for (let c = 1; c < width; c++) this.#rows[row + c] = this.#next(fail, c); }
      }
      for (let child = first[node]!; child > 0; child = sibling[child]!) {
        this.#fail[child] = node === 0 ? 0 : this.#next(fail, label[child]!);
        if (row >= 0) this.#rows[row + label[child]!] = child;
        queue[tail++] = child;
      }
      this.#row[node] = row;
    }
  }

  /**
   * Reads a text from a state, 0 at the beginning, and returns the state behind it.
   *
   * @param found is told where a pattern ends, the end excluded, its length without line breaks, and its number
   */
  read(text: string, state: number, found: (end: number, length: number, pattern: number) => void): number {
    const classes = this.#classes;
    const length = this.#length;
    const rows = this.#rows;
    const row = this.#row;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === 10 || unit === 13) continue;
      const c = classes[unit]!;
      if (c === 0) {
        state = 0;
        continue;
      }
      const start = row[state]!;
      state = start >= 0 ? rows[start + c]! : this.#next(state, c);
      if (length[state]! > 0) found(at + 1, length[state]!, this.#pattern[state]!);
    }
    return state;
  }

  /** How many characters before a state may be the beginning of a pattern. */
  begun(state: number): number {
    return this.#depth[state]!;
  }

  #next(state: number, c: number): number {
    for (;;) {
      const row = this.#row[state]!;
      if (row >= 0) return this.#rows[row + c]!;
      const child = this.#child[state]!;
      if (child > 0 && this.#label[child] === c) return child;
      state = this.#fail[state]!;
    }
  }

  #classify(patterns: readonly string[]): number {
    let width = 1;
    for (const pattern of patterns) {
      for (let at = 0; at < pattern.length; at++) {
        const unit = pattern.charCodeAt(at);
        if (this.#classes[unit] === 0) this.#classes[unit] = width++;
      }
    }
    return width;
  }

  #trie(patterns: readonly string[]): Trie {
    const most = patterns.reduce((sum, pattern) => sum + pattern.length, 1);
    const [label, first, sibling, depth, ends] = Array.from(
      { length: 5 },
      () => new Int32Array(most),
    ) as Columns;
    let size = 1;
    patterns.forEach((pattern, index) => {
      let node = 0;
      for (let at = 0; at < pattern.length; at++) {
        const c = this.#classes[pattern.charCodeAt(at)]!;
        let child = first[node]!;
        while (child > 0 && label[child] !== c) child = sibling[child]!;
        if (child === 0) {
          child = size++;
          label[child] = c;
          depth[child] = depth[node]! + 1;
          sibling[child] = first[node]!;
          first[node] = child;
        }
        node = child;
      }
      if (node > 0) ends[node] = index + 1;
    });
    return { size, label, first, sibling, depth, ends };
  }
}

type Columns = [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

/** Nodes by number. Each has the class that leads to it, a first child and a next sibling, 0 for none. */
interface Trie {
  readonly size: number;
  readonly label: Int32Array;
  readonly first: Int32Array;
  readonly sibling: Int32Array;
  readonly depth: Int32Array;
  /** 1 more than the number of the pattern that ends here; 0 for none. */
  readonly ends: Int32Array;
}
