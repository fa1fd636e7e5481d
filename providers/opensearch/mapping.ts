import { attributeTerms } from "../../src/definition/attributes.ts";
import type { SearchDocument } from "../../src/instance/search_document.ts";
import { notEnded } from "../../src/provider/search_request.ts";
import { searchableText } from "../../src/provider/search_text.ts";

/**
 * Number of the mapping, which is part of the index's name. Another mapping is another index, into which the documents of
 * the one before are copied.
 */
export const mappingNumber = 1;

/** Characters of a word: what is longer is several. A term of Lucene may have 32,766 bytes. */
export const longestWord = 8_000;

const exact = { type: "keyword" };
const time = { type: "long" };

/**
 * What an index is made of. Its words are ours: they come in lower case, without accents and signs, and are divided at
 * blanks alone. A field that it does not know is kept and not indexed, so none is ever in conflict.
 */
export function indexBody(replicas: number): object {
  return {
    settings: {
      number_of_shards: 1,
      number_of_replicas: replicas,
      analysis: {
        tokenizer: { words: { type: "whitespace", max_token_length: longestWord } },
        analyzer: { words: { type: "custom", tokenizer: "words" } },
      },
    },
    mappings: {
      dynamic: false,
      properties: {
        id: exact,
        definitionId: exact,
        status: exact,
        reference: exact,
        steps: exact,
        attributes: exact,
        createdAt: time,
        endedAt: time,
        endsAt: time,
        words: { type: "text", analyzer: "words", norms: false },
        document: { type: "object", enabled: false },
      },
    },
  };
}

/** What is kept of a document, as the mapping has it. */
export function sourceOf(document: SearchDocument): object {
  const { id, definitionId, status, reference, steps, createdAt, endedAt } = document;
  return {
    id,
    definitionId,
    status,
    reference,
    steps,
    attributes: attributeTerms(document.attributes),
    createdAt,
    endedAt,
    endsAt: endedAt ?? notEnded,
    words: searchableText(document),
    document,
  };
}
