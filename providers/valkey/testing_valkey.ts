import { createClient } from "@redis/client";
import type { ValkeyOptions } from "./options.ts";
import { ValkeyProvider } from "./provider.ts";

/** Where the server of the tests is. */
export const testUrl = "redis://127.0.0.1:6379";

const remedy = "deno task services:start valkey";

/** Whether the server of the tests answers. A test that needs it is skipped without it, with the reason, or fails. */
export const hasValkey: boolean = await answers();

async function answers(): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port: 6379 })).close();
    return true;
  } catch {
    const reason = `no Valkey answers at ${testUrl}; start it by \`${remedy}\``;
    if (Deno.env.get("WFE_REQUIRE_SERVICES") === "1") throw new Error(`Cannot test: ${reason}`);
    console.log(`skipped: the tests of Valkey, for ${reason}`);
    return false;
  }
}

/** Registers a test that needs the server. */
export function testValkey(name: string, fn: (test: Deno.TestContext) => Promise<void>): void {
  Deno.test({ name, ignore: !hasValkey, fn });
}

/** A client of the test's own. */
export async function testClient(
  url = testUrl,
): Promise<{ send(...command: string[]): Promise<unknown> } & AsyncDisposable> {
  const client = createClient({ url, RESP: 2, maintNotifications: "disabled" });
  client.on("error", () => {});
  await client.connect();
  return {
    send: (...command) => client.sendCommand(command),
    [Symbol.asyncDispose]: () => Promise.resolve(client.destroy()),
  };
}

/** Keys that no other test has: they are deleted, and what was opened is closed, by {@linkcode clean}. */
export class OwnKeys {
  /** What the keys begin with. */
  prefix = newPrefix();
  readonly #opened: ValkeyProvider[] = [];

  /** Opens a provider on these keys. */
  async open(options: ValkeyOptions = {}, url: string = testUrl): Promise<ValkeyProvider> {
    const provider = await ValkeyProvider.open(url, { prefix: this.prefix, ...options });
    this.#opened.push(provider);
    return provider;
  }

  /** Closes and deletes all, and goes on with others. */
  async clean(): Promise<void> {
    for (const provider of this.#opened.splice(0)) await provider[Symbol.asyncDispose]();
    await using client = await testClient();
    const keys = await client.send("KEYS", `{${this.prefix}}:*`) as string[];
    if (keys.length > 0) await client.send("DEL", ...keys);
    this.prefix = newPrefix();
  }
}

function newPrefix(): string {
  return `test-${crypto.randomUUID()}`;
}
