import { testLock } from "../testing/lock_contract.ts";
import { MemoryLock } from "./lock.ts";

testLock("memory lock", { open: () => Promise.resolve(new MemoryLock()) });
