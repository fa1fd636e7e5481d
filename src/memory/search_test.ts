import { testSearch } from "../testing/search_contract.ts";
import { MemorySearch } from "./search.ts";

testSearch("memory search", { open: () => Promise.resolve(new MemorySearch()) });
