import { MemoryPersistence } from "../../src/memory/persistence.ts";
import { suite } from "./suite.ts";

suite("memory", { open: (clock) => Promise.resolve(new MemoryPersistence({ clock })) });
