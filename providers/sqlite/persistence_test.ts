import { DatabaseSync } from "node:sqlite";
import { testPersistence } from "../../src/testing/persistence_contract.ts";
import { SqliteProvider } from "./persistence.ts";

let folder = "";

testPersistence("sqlite file", {
  open: async (clock) => {
    folder = await Deno.makeTempDir();
    return await SqliteProvider.open(`${folder}/test.db`, { clock });
  },
  connect: (clock) => SqliteProvider.open(`${folder}/test.db`, { clock }),
  clean: () => Deno.remove(folder, { recursive: true }),
});

testPersistence("sqlite :memory:", {
  open: (clock) => SqliteProvider.open(":memory:", { clock }),
});

let database: DatabaseSync | undefined;

testPersistence("sqlite connection of the caller", {
  open: (clock) => SqliteProvider.from(database = new DatabaseSync(":memory:"), { clock }),
  clean: () => Promise.resolve(database?.close()),
});
