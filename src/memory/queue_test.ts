import { testQueue } from "../testing/queue_contract.ts";
import { MemoryQueue } from "./queue.ts";

testQueue("memory queue", { open: (visibility) => Promise.resolve(new MemoryQueue({ visibility })) });
