import { testPersistence } from "../testing/persistence_contract.ts";
import { MemoryPersistence } from "./persistence.ts";

testPersistence("memory", { open: (clock) => Promise.resolve(new MemoryPersistence({ clock })) });
