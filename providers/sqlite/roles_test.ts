import { testLifecycle } from "../../src/testing/lifecycle_contract.ts";
import { testLock } from "../../src/testing/lock_contract.ts";
import { testQueue } from "../../src/testing/queue_contract.ts";
import type { SqliteOptions } from "./options.ts";
import { SqliteProvider } from "./persistence.ts";

let folder = "";
const opened: SqliteProvider[] = [];

async function open(options: SqliteOptions = {}): Promise<SqliteProvider> {
  folder = await Deno.makeTempDir();
  return await connect(options);
}

async function connect(options: SqliteOptions = {}): Promise<SqliteProvider> {
  const provider = await SqliteProvider.open(`${folder}/test.db`, options);
  opened.push(provider);
  return provider;
}

async function clean(): Promise<void> {
  for (const provider of opened.splice(0)) await provider[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
}

testLock("sqlite lock", {
  open: async () => (await open()).lock,
  connect: async () => (await connect()).lock,
  clean,
});

testQueue("sqlite queue", {
  open: async (visibility) => (await open({ visibility })).queue,
  connect: async (visibility) => (await connect({ visibility })).queue,
  clean,
});

testLifecycle("sqlite feed", { open: async (keep) => (await open({ keep })).lifecycle, clean });
