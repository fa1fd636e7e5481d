import { equal, throws } from "node:assert/strict";
import { WorkflowBuilder } from "./builder.ts";
import { lockTtl } from "./lock.ts";

Deno.test("the ttl of a lock is a second or more", () => {
  equal(lockTtl("1s"), 1_000);
  for (const ttl of ["999ms", 0, "soon"]) throws(() => lockTtl(ttl), { code: "INVALID_DURATION" });
});

Deno.test("of two locks that a step is given the last one holds", () => {
  const step = new WorkflowBuilder().startWith(() => {}).name("One");
  const once = (lock: (one: typeof step) => typeof step) => lock(step).build("w", 1).steps;
  equal(
    JSON.stringify(once((one) => one.lock(() => "a", { ttl: "5s" }).lock("b"))),
    JSON.stringify(once((one) => one.lock("b"))),
  );
  equal(
    JSON.stringify(once((one) => one.lock("b").lock(() => "a", { wait: "5s" }))),
    JSON.stringify(once((one) => one.lock(() => "a", { wait: "5s" }))),
  );
});
