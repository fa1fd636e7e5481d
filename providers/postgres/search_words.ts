import { bytesOf } from "../../src/definition/bytes_of.ts";
import { searchableText, textBoundary } from "../../src/provider/search_text.ts";
import type { SearchDocument } from "../../src/instance/search_document.ts";

/** Characters of a word that the index holds: a tsvector takes 2,046 bytes. */
const longestWord = 500;
/** Bytes of all words of a document: a tsvector takes 1,048,575, with a few for each. */
const mostBytes = 600_000;

/** The text of a document, with a blank before each word. */
export function textOf(document: SearchDocument): string {
  return ` ${searchableText(document)}`;
}

/** The different words of a text, as the index holds them. */
export function wordsOf(text: string): string[] {
  const words = new Set<string>();
  let bytes = 0;
  for (const word of text.split(" ")) {
    if (word === "" || word === textBoundary) continue;
    const held = cut(word);
    if (words.has(held)) continue;
    bytes += bytesOf(held) + 8;
    if (bytes > mostBytes) break;
    words.add(held);
  }
  return [...words];
}

/** What finds the documents that have the words of these phrases, each last one going on. */
export function tsqueryOf(phrases: readonly string[]): string {
  // Words are of letters and digits alone.
  return phrases.flatMap((phrase) => {
    const words = phrase.split(" ");
    return words.map((word, place) => {
      const isWhole = place < words.length - 1;
      return `'${cut(word)}'${isWhole ? "" : ":*"}`;
    });
  }).join(" & ");
}

/** The phrases that their words alone do not tell: of several, or of one that the index holds a part of. */
export function phrasesToFind(phrases: readonly string[]): readonly string[] {
  return phrases.filter((phrase) => phrase.includes(" ") || phrase.length > longestWord);
}

function cut(word: string): string {
  return word.slice(0, longestWord).toWellFormed();
}
