import { ok } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { door, soon } from "../../../src/engine/testing_host.ts";
import type { Cases } from "../cases.ts";
import type { Scene } from "../scene.ts";

/** Events in real time: how soon they are handled. */
export const latencyCases: Cases = {
  "an event to a run whose other branch is at work is handled within 100 ms": (scene) =>
    handledSoon(scene, (host) => Promise.resolve(host)),

  "an event that another host publishes is handled within 100 ms": (scene) =>
    handledSoon(scene, async (host) => {
      const store = await scene.connect();
      // Where there is one connection only, there is no other process either.
      return store === scene.store ? host : await scene.host([], { store });
    }),
};

type Host = Awaited<ReturnType<Scene["host"]>>;

const events = 20;

/** Milliseconds: hosts look each 30 s for what nobody has told them of. */
const patience = 20_000;

/**
 * A run takes events while another branch of it is at work. Each must be told to its host; some must be handled within
 * 100 ms, however busy the machine is.
 */
async function handledSoon(scene: Scene, publisherOf: (host: Host) => Promise<Host>): Promise<void> {
  const { reached, open, pass } = door();
  let handled = Promise.withResolvers<number>();
  const definition = new WorkflowBuilder<{ readonly n: number }>().parallel((p) =>
    p.branch((b) => b.then((ctx) => pass(ctx as never)).name("Work")).branch((b) =>
      b.whileDo(
        (_data, { index }) => index < events,
        (inner) =>
          inner.waitFor("item", "k").name("Wait").then(() => handled.resolve(performance.now())).name(
            "Handle",
          ),
      )
        .name("Loop")
    )
  ).name("Both").build("working", 1);
  const host = await scene.host([definition], { wire: (builder) => builder.leaseTtl("1h") });
  const publisher = await publisherOf(host);
  const run = await scene.start(host, "working");
  await reached;
  const lags: number[] = [];
  for (let n = 0; n < events; n++) {
    handled = Promise.withResolvers();
    const published = performance.now();
    await publisher.publishEvent("item", "k", n);
    lags.push(await soon(handled.promise, patience) - published);
  }
  const quickest = Math.min(...lags);
  ok(quickest < 100, `each of the events took ${Math.round(quickest)} ms or longer`);
  open();
  await scene.until(run.result());
}
