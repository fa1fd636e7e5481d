import type { SearchDocument } from "../instance/search_document.ts";

/** Stands between texts, so that no phrase is found across two. Of private use, and a letter to every tokenizer. */
export const textBoundary = "\ue000";

/** The words of a text: lower case, without accents, one blank between two. */
function plainWords(text: string): string {
  const letters = text.toWellFormed().replaceAll(textBoundary, " ").normalize("NFKD").toLowerCase()
    .replace(/\p{M}/gu, "");
  return letters.replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

/** All words of a document that terms are looked for in. */
export function searchableText(document: SearchDocument): string {
  const { id, definitionId, status, reference, steps, errors, attributes } = document;
  const values = Object.values(attributes).flat().map(String);
  const texts = [id, definitionId, status, reference ?? "", ...steps, ...errors, ...values];
  return texts.map(plainWords).filter((words) => words !== "").join(` ${textBoundary} `);
}

/**
 * What each term looks for: words one after another, the last of which may go on. Null where a term has no letter or
 * digit: then nothing is found.
 */
export function phrasesOf(terms: string): readonly string[] | null {
  const phrases = terms.split(/\s+/u).filter((term) => term !== "").map(plainWords);
  return phrases.includes("") ? null : [...new Set(phrases)];
}
