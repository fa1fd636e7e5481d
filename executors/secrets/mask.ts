import type { LineMask, Secrets } from "../../src/definition/secrets.ts";
import { Automaton } from "./automaton.ts";
import { encodingsOf } from "./encodings.ts";

/** Characters that a secret needs to be masked: shorter ones would be found everywhere. */
export const SHORTEST_SECRET = 8;

/** So many characters at an end that may be the beginning of a secret are taken for one. */
const UNFINISHED = 4;

/** Characters of lines that are held while a secret may go on in the next one. */
const LONGEST_HELD = 1024 * 1024;

/** Lines that are held at most. */
const MOST_HELD = 1000;

/** The secrets with these values, and what masks them. */
export function makeSecrets(values: { readonly [name: string]: string }): Secrets {
  const names: string[] = [];
  const patterns: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    for (const pattern of patternsOf(value)) {
      names.push(name);
      patterns.push(pattern);
    }
  }
  const automaton = new Automaton(patterns);
  return {
    values: Object.freeze({ ...values }),
    mask: (text) => maskText(automaton, text),
    find: (text) => {
      let pattern: number | undefined;
      automaton.read(text, 0, (_end, _length, index) => pattern ??= index);
      return pattern === undefined ? undefined : names[pattern];
    },
    maskLines: (emit) => new MaskedLines(automaton, emit),
  };
}

/**
 * A value of several lines is looked for line by line, and as a whole, which has its short lines too. Blanks around a line
 * are often lost on the way, as by `echo $TOKEN`.
 */
function patternsOf(value: string): Set<string> {
  const lines = value.split(/[\r\n]+/).flatMap((line) => [line, line.trim()])
    .filter((line) => line.length >= SHORTEST_SECRET);
  const texts = new Set([...lines, value]);
  const patterns = new Set<string>();
  for (const text of texts) {
    // A text is read without its line breaks.
    for (const pattern of encodingsOf(text)) patterns.add(pattern.replace(/[\r\n]+/g, ""));
  }
  return patterns;
}

/** A place where secrets end, and how many characters before it belong to them. */
interface Hit {
  readonly end: number;
  readonly length: number;
}

function maskText(automaton: Automaton, text: string): string {
  const hits: Hit[] = [];
  let state = 0;
  let start = 0;
  // Texts are cut at the ends of lines, and before an ellipsis.
  for (const { index } of text.matchAll(/\r?\n| ?…|$/g)) {
    state = automaton.read(text.slice(start, index), state, (end, length) => {
      hits.push({ end: start + end, length });
    });
    const length = automaton.begun(state);
    if (length >= UNFINISHED) hits.push({ end: index, length });
    start = index;
  }
  return cover(text, hits);
}

/** Puts `***` for what `hits` cover on each line. */
function cover(text: string, hits: readonly Hit[]): string {
  if (hits.length === 0) return text;
  const parts: string[] = [];
  let kept = text.length;
  let rest = 0;
  let hit = hits.length - 1;
  // Backwards, so that each character is looked at once, however many secrets it belongs to.
  for (let at = text.length; at > 0;) {
    for (; hits[hit]?.end === at; hit--) rest = Math.max(rest, hits[hit]!.length);
    if (rest === 0) {
      at = Math.max(hits[hit]?.end ?? 0, 0);
      continue;
    }
    parts.push(text.slice(at, kept));
    const end = at;
    while (at > 0 && rest > 0 && !isBreak(text, at - 1)) {
      at--;
      rest--;
      for (; hits[hit]?.end === at; hit--) rest = Math.max(rest, hits[hit]!.length);
    }
    if (at < end) parts.push("***");
    kept = at;
    while (at > 0 && rest > 0 && isBreak(text, at - 1)) at--;
  }
  parts.push(text.slice(0, kept));
  return parts.reverse().join("");
}

function isBreak(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit === 10 || unit === 13;
}

/** Lines that are handed on once it is known which part of them is secret. */
class MaskedLines implements LineMask {
  readonly #automaton: Automaton;
  readonly #emit: (line: string) => void;
  #state = 0;
  #held: string[] = [];
  #characters = 0;
  #hits: Hit[] = [];

  constructor(automaton: Automaton, emit: (line: string) => void) {
    this.#automaton = automaton;
    this.#emit = emit;
  }

  push(line: string): void {
    const start = this.#characters;
    this.#state = this.#automaton.read(line, this.#state, (end, length) => {
      this.#hits.push({ end: start + end, length });
    });
    this.#held.push(line);
    this.#characters += line.length + 1;
    const isOpen = this.#automaton.begun(this.#state) >= UNFINISHED;
    if (!isOpen || this.#characters > LONGEST_HELD || this.#held.length > MOST_HELD) this.#release();
  }

  end(): void {
    this.#release();
    this.#state = 0;
  }

  #release(): void {
    const held = this.#held;
    const hits = this.#hits;
    this.#held = [];
    this.#hits = [];
    this.#characters = 0;
    if (hits.length === 0) return held.forEach((line) => this.#emit(line));
    if (held.length === 1) return this.#emit(cover(held[0]!, hits));
    // Breaks within a line are kept as they are: only those between lines are where it is taken apart again.
    const counts = held.map((line) => line.split("\n").length);
    const masked = cover(held.join("\n"), hits).split("\n");
    let at = 0;
    for (const count of counts) this.#emit(masked.slice(at, at += count).join("\n"));
  }
}
