import { equal } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { makeInstance } from "../../src/instance/testing_state.ts";
import { summarize } from "../../src/instance/run_summary.ts";
import { searchDocument } from "../../src/instance/search_document.ts";
import { testSearch } from "../../src/testing/search_contract.ts";
import { SqliteSearch } from "./search.ts";

testSearch("sqlite search", { open: () => SqliteSearch.open(":memory:") });

let folder = "";

testSearch("sqlite search in a file", {
  open: async () => {
    folder = await Deno.makeTempDir();
    return await SqliteSearch.open(`${folder}/test.db`);
  },
  clean: () => Deno.remove(folder, { recursive: true }),
});

Deno.test("sqlite search: nothing is left in the file of what was removed", async () => {
  const path = `${folder = await Deno.makeTempDir()}/test.db`;
  {
    await using index = await SqliteSearch.open(path);
    const document = searchDocument(summarize(makeInstance(), []));
    await index.put([document]);
    await index.remove([document]);
  }
  const database = new DatabaseSync(path);
  for (const table of ["wfe_search_2", "wfe_search_2_text"]) {
    equal(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()!["rows"], 0, table);
  }
  database.close();
  await Deno.remove(folder, { recursive: true });
});
