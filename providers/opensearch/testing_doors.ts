import { Client } from "npm:@opensearch-project/opensearch@3.9.0";
import type { OpenSearchClientOptions } from "./options.ts";
import { OpenSearchIndex } from "./search.ts";
import { testOpenSearch } from "./testing_opensearch.ts";

/** An index, with what leads to it. */
export interface Opened extends AsyncDisposable {
  /** The index. */
  readonly index: OpenSearchIndex;
}

/** Opens an index on a server. */
export type Door = (url: string, options: OpenSearchClientOptions) => Opened;

/** The ways to an index: by its server's URL, and by a client of the caller's. */
export const doors: Readonly<Record<string, Door>> = {
  "opensearch": (url, options) => {
    const index = OpenSearchIndex.open(url, options);
    return { index, [Symbol.asyncDispose]: () => index[Symbol.asyncDispose]() };
  },
  "opensearch client of the caller": (url, options) => byClient(new Client({ node: url }), options),
};

/** An index reached by a client, which is closed after it. */
export function byClient(client: Client, options: OpenSearchClientOptions): Opened {
  const index = OpenSearchIndex.from(client, options);
  return {
    index,
    [Symbol.asyncDispose]: async () => {
      await index[Symbol.asyncDispose]();
      await client.close();
    },
  };
}

/** Registers a test that needs the server, once for each way to an index. */
export function testDoors(name: string, fn: (open: Door) => Promise<void>): void {
  for (const [door, open] of Object.entries(doors)) testOpenSearch(`${door}: ${name}`, () => fn(open));
}
