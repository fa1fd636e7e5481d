import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { type Scenario, simplePlan } from "./scenario.ts";
import { type WorkData, workData } from "./work_data.ts";

/** Three branches, one of which waits for an event that another publishes; all join. */
export const all: Scenario = {
  id: "all",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .parallel((p) =>
        p.branch((b) =>
          b.then(bodies.step((ctx) => ctx.publish("baton", ctx.data.key, "handed on"))).name("Hand on")
            .then(bodies.step()).name("Rest")
        )
          .branch((b) => b.delay(bodies.around.pace.short).name("Pause").then(bodies.step()).name("Late"))
          .branch((b) =>
            b.waitFor("baton", (data) => data.key, { since: 0 }).name("Baton")
              .output((baton, data) => ({ seen: [...data.seen, String(baton)] }))
              .then(bodies.step()).name("Carry")
          )
      ).name("All")
      .then(bodies.step()).name("After")
      .build("all", 1),
  plan(_random, key) {
    const plan = simplePlan(workData(key, 0), { "Hand on": 1, Rest: 1, Late: 1, Carry: 1, After: 1 });
    return { ...plan, expected: { ...plan.expected, data: { seen: ["handed on"] } } };
  },
};

/** The first of three branches wins; the others are cancelled, wherever they are. */
export const any: Scenario = {
  id: "any",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .parallel((p) =>
        p.branch((b) => b.then(bodies.step()).name("First").then(bodies.step()).name("Second"))
          .branch((b) => b.delay(bodies.around.pace.short).name("Pause").then(bodies.step()).name("Late"))
          .branch((b) =>
            b.waitFor("never", (data) => data.key).name("Never").then(bodies.step()).name("Nobody")
          ), { wait: "any" })
      .name("Any")
      .then(bodies.step()).name("After")
      .build("any", 1),
  plan: (_random, key) =>
    simplePlan(workData(key, 0), { First: [0, 1], Second: [0, 1], Late: [0, 1], After: 1 }),
};
