import { OpenSearchIndex } from "./search.ts";

/** Where the server of the tests is. */
export const testUrl = "http://127.0.0.1:9200";

const remedy = "deno task services:start opensearch";

/** Whether the server of the tests answers. A test that needs it is skipped without it, with the reason, or fails. */
export const hasOpenSearch: boolean = await answers();

async function answers(): Promise<boolean> {
  try {
    await (await fetch(testUrl, { signal: AbortSignal.timeout(5_000) })).body?.cancel();
    return true;
  } catch {
    const reason = `no OpenSearch answers at ${testUrl}; start it by \`${remedy}\``;
    if (Deno.env.get("WFE_REQUIRE_SERVICES") === "1") throw new Error(`Cannot test: ${reason}`);
    console.log(`skipped: the tests of OpenSearch, for ${reason}`);
    return false;
  }
}

/** Registers a test that needs the server. */
export function testOpenSearch(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !hasOpenSearch, fn });
}

/** A name that no other test has. */
export function newIndex(): string {
  return `wfetest-${crypto.randomUUID()}`;
}

/** Asks the server of the tests. */
// deno-lint-ignore no-explicit-any -- each test knows what it is answered
export async function ask(method: string, path: string, body?: object): Promise<any> {
  const response = await fetch(`${testUrl}/${path}`, {
    method,
    ...body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
  });
  return await response.json();
}

/** Deletes all indices of a name. */
export async function dropIndex(name: string): Promise<void> {
  await ask("DELETE", `${name}-v*`);
}

/** An index of the test's own, deleted afterwards. */
export function testIndex(
  options: Parameters<typeof OpenSearchIndex.open>[1] = {},
  url: string = testUrl,
): { readonly name: string; readonly index: OpenSearchIndex } & AsyncDisposable {
  const name = newIndex();
  const index = OpenSearchIndex.open(url, { index: name, replicas: 0, ...options });
  return {
    name,
    index,
    [Symbol.asyncDispose]: async () => {
      await index[Symbol.asyncDispose]();
      await dropIndex(name);
    },
  };
}
