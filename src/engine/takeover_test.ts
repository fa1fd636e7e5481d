import { ok } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import type { Clock } from "./clock.ts";
import { startHostWith } from "./testing_host.ts";

/** The clock of a process that is stopped: its timers do not fire any more. */
function stoppable(clock: VirtualClock): { readonly clock: Clock; stop(): void } {
  let isStopped = false;
  return {
    clock: {
      monotonic: () => clock.monotonic(),
      schedule: (delay, callback) => clock.schedule(delay, () => isStopped || callback()),
    },
    stop: () => isStopped = true,
  };
}

/** The first host never ends it. */
const work = (isFirst: boolean) =>
  new WorkflowBuilder()
    .startWith(() => isFirst ? new Promise<void>(() => {}) : undefined).name("Work").build("work", 1);

for (const idle of ["1s", "12s", "31s", "59s"] as const) {
  Deno.test(`a host that had nothing to do for ${idle} has the runs of a frozen one within a lease and a second`, async () => {
    const clock = new VirtualClock();
    await using store = new MemoryPersistence({ clock });
    // Nobody tells it of anything.
    const deaf = new Proxy(store, {
      get: (target, name) => {
        const member = name === "watch" ? undefined : Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const other = await startHostWith({ persistence: deaf, clock }, work(false));
    await clock.pass(idle);
    const process = stoppable(clock);
    const first = await startHostWith({ persistence: store, clock: process.clock }, work(true));
    const { id } = await first.startWorkflow("work");
    process.stop();
    const frozenAt = clock.monotonic();
    await clock.until(other.getHandle(id).result());
    const late = clock.monotonic() - frozenAt;
    ok(late <= 11_000, `after ${late} ms`);
    await clock.until(other.stop());
  });
}
