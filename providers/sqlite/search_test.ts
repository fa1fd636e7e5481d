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
