import { testLifecycle } from "../testing/lifecycle_contract.ts";
import { MemoryLifecycle } from "./lifecycle.ts";

testLifecycle("memory feed", { open: (keep) => Promise.resolve(new MemoryLifecycle({ keep })) });
