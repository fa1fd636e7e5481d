import { deepEqual, ok } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import type { Clock } from "./clock.ts";
import type { WorkflowHost } from "./host.ts";
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

/** A store whose runs have steps of an hour; `began` has the seconds since the last death, by the kind of run. */
function longSteps() {
  const clock = new VirtualClock();
  const store = new MemoryPersistence({ clock });
  const began: Record<string, number[]> = {};
  let diedAt = 0;
  const definition = (isMortal: boolean) =>
    new WorkflowBuilder<{ kind: string }>().startWith(({ data: { kind } }) => {
      if (isMortal) return new Promise<void>(() => {});
      (began[kind] ??= []).push(Math.round((clock.monotonic() - diedAt) / 1_000));
      return new Promise<void>((resolve) => void clock.schedule(3_600_000, resolve));
    }).name("Work").build("work", 1);
  /** A host whose bodies last longer than the clock waits for. */
  const host = async (process: Clock, isMortal: boolean) => {
    const limits = { steps: 1_000, stepsOfRun: 1, runs: 1_000 };
    return await startHostWith({ persistence: store, clock: process, limits }, definition(isMortal));
  };
  const start = async (at: WorkflowHost, kind: string, count: number) => {
    for (let run = 0; run < count; run++) await at.startWorkflow("work", { kind });
  };
  const pass = async (seconds: number) => {
    for (let tenth = 0; tenth < 10 * seconds; tenth++) await clock.pass("100ms");
  };
  return {
    began,
    start,
    living: () => host(stoppable(clock).clock, false),
    pass,
    /** Starts runs on a host that is dead then, and has others die of them. */
    async orphan(kind: string, count: number, deaths = 1) {
      for (let death = 1; death <= deaths; death++) {
        const process = stoppable(clock);
        const mortal = await host(process.clock, true);
        if (death === 1) await start(mortal, kind, count);
        else await pass(20);
        process.stop();
        diedAt = clock.monotonic();
      }
    },
  };
}

Deno.test("hosts with long steps take up all runs of a dead one within a lease and six seconds, and begin others", async () => {
  for (const busy of [0, 10]) {
    const { began, start, living, orphan, pass } = longSteps();
    const host = await living();
    await start(host, "busy", busy);
    await orphan("orphan", 200);
    await pass(12);
    await start(host, "new", 1);
    await pass(4);
    deepEqual([began["orphan"]?.length, began["new"]?.length], [200, 1]);
    ok(Math.max(...began["orphan"]!, ...began["new"]!) <= 16, JSON.stringify(began));
  }
});

Deno.test("runs that have cost two hosts begin one each half a minute; others wait for the first of them only", async () => {
  const { began, start, living, orphan, pass } = longSteps();
  await orphan("orphan", 3, 2);
  const host = await living();
  await pass(12);
  await start(host, "new", 1);
  await pass(70);
  deepEqual(began, { orphan: [10, 40, 70], new: [40] });
});
