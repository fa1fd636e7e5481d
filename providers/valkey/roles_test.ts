import { equal } from "node:assert/strict";
import { createClient } from "@redis/client";
import { testLifecycle } from "../../src/testing/lifecycle_contract.ts";
import { testLock } from "../../src/testing/lock_contract.ts";
import { testQueue } from "../../src/testing/queue_contract.ts";
import { ValkeyProvider } from "./provider.ts";
import { hasValkey, OwnKeys, testUrl, testValkey } from "./testing_valkey.ts";

const own = new OwnKeys();
const clean = (): Promise<void> => own.clean();

if (hasValkey) {
  testLock("valkey lock", {
    open: async () => (await own.open()).lock,
    connect: async () => (await own.open()).lock,
    clean,
  });

  testQueue("valkey queue", {
    open: async (visibility) => (await own.open({ visibility })).queue,
    connect: async (visibility) => (await own.open({ visibility })).queue,
    clean,
  });

  testLifecycle("valkey feed", { open: async (keep) => (await own.open({ keep })).lifecycle, clean });

  // A client that speaks the newer protocol, and nothing that could wait.
  const callers: AsyncDisposable[] = [];
  const from = async (visibility: number, blocks: boolean): Promise<ValkeyProvider> => {
    const client = createClient({ url: testUrl, RESP: 3, maintNotifications: "disabled" });
    await client.connect();
    const provider = await ValkeyProvider.from(client as never, {
      prefix: own.prefix,
      visibility,
      ...blocks && { connectBlocking: () => client.duplicate().connect() as never },
    });
    callers.push({
      [Symbol.asyncDispose]: async () => {
        await provider[Symbol.asyncDispose]();
        client.destroy();
      },
    });
    return provider;
  };
  const cleanCallers = async (): Promise<void> => {
    for (const caller of callers.splice(0)) await caller[Symbol.asyncDispose]();
    await own.clean();
  };

  testLock("valkey client of the caller, lock", {
    open: async () => (await from(100, true)).lock,
    connect: async () => (await from(100, true)).lock,
    clean: cleanCallers,
  });
  testQueue("valkey client of the caller, queue", {
    open: async (visibility) => (await from(visibility, true)).queue,
    clean: cleanCallers,
  });
  // Hints of another connection are looked for twice in this time, of which nothing else may take as much.
  const shortened = (visibility: number) => Math.min(visibility, 4_000);
  testQueue("valkey client of the caller without a second connection, queue", {
    open: async (visibility) => (await from(shortened(visibility), false)).queue,
    connect: async (visibility) => (await from(shortened(visibility), false)).queue,
    clean: cleanCallers,
  });
}

testValkey(
  "valkey: the caller's client stays open, and the connections that it has made do not",
  async () => {
    const client = createClient({ url: testUrl, RESP: 3, maintNotifications: "disabled" });
    await client.connect();
    const made: (typeof client)[] = [];
    const provider = await ValkeyProvider.from(client as never, {
      prefix: own.prefix,
      connectBlocking: async () => {
        made.push(await client.duplicate().connect());
        return made.at(-1) as never;
      },
    });
    const closing = new AbortController();
    const reserved = provider.queue.reserve("host", 1, closing.signal);
    while (made.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await provider[Symbol.asyncDispose]();
    closing.abort();
    await reserved.catch(() => {});
    equal(await client.sendCommand(["PING"]), "PONG");
    equal(made.every(({ isOpen }) => !isOpen), true);
    client.destroy();
  },
);
