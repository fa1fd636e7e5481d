import { testLifecycle } from "../../src/testing/lifecycle_contract.ts";
import { testLock } from "../../src/testing/lock_contract.ts";
import { testQueue } from "../../src/testing/queue_contract.ts";
import type { PostgresOptions } from "./options.ts";
import { PostgresProvider } from "./persistence.ts";
import { hasPostgres, SharedSchema, testUrl } from "./testing_postgres.ts";

const shared = new SharedSchema();
const opened: PostgresProvider[] = [];

async function open(options: PostgresOptions = {}): Promise<PostgresProvider> {
  const provider = await PostgresProvider.open(testUrl, { schema: shared.name, ...options });
  opened.push(provider);
  return provider;
}

async function clean(): Promise<void> {
  for (const provider of opened.splice(0)) await provider[Symbol.asyncDispose]();
  await shared.clean();
}

if (hasPostgres) {
  testLock("postgres lock", {
    open: async () => (await open()).lock,
    connect: async () => (await open()).lock,
    clean,
  });

  testQueue("postgres queue", {
    open: async (visibility) => (await open({ visibility })).queue,
    connect: async (visibility) => (await open({ visibility })).queue,
    clean,
  });

  testLifecycle("postgres feed", { open: async (keep) => (await open({ keep })).lifecycle, clean });
}
