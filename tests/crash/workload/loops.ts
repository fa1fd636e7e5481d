import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { type Scenario, simplePlan } from "./scenario.ts";
import { type WorkData, workData } from "./work_data.ts";

/** A loop of two steps, and in it a loop of one. */
export const loop: Scenario = {
  id: "loop",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>({ history: bodies.around.history })
      .whileDo((data, { index }) => index < data.size, (b) =>
        b.then(bodies.step()).name("Turn")
          .whileDo((_data, { index }) => index < 2, (inner) => inner.then(bodies.step()).name("Inner"))
          .name("Inner loop")
          .then(bodies.step()).name("Tick"))
      .name("Loop")
      .then(bodies.step()).name("After")
      .build("loop", 1),
  plan(random, key) {
    const size = random.int(0, 5);
    return simplePlan(workData(key, size), { Turn: size, Inner: size * 2, Tick: size, After: 1 });
  },
};

/** An item of a collection each for a branch, two at the same time. */
export const each: Scenario = {
  id: "each",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .forEach((data) => Array.from({ length: data.size }, (_, index) => index), (b) =>
        b.then(bodies.step()).name("Take")
          .then(bodies.step(({ item }) => ({ item }))).name("Give"), { concurrency: 2 })
      .name("Each")
      .output((results) => ({
        seen: (results as { item: number }[]).map(({ item }) =>
          String(item)
        ),
      }))
      .then(bodies.step()).name("After")
      .build("each", 1),
  plan(random, key) {
    const size = random.int(0, 6);
    const plan = simplePlan(workData(key, size), { Take: size, Give: size, After: 1 });
    const seen = Array.from({ length: size }, (_, index) => String(index));
    return { ...plan, expected: { ...plan.expected, data: { seen }, atOnce: { Take: 2, Give: 2 } } };
  },
};

/** One item after the other, with a pause in each branch. */
export const inOrder: Scenario = {
  id: "in-order",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .forEach((data) => Array.from({ length: data.size }, (_, index) => index), (b) =>
        b.delay(bodies.around.pace.short).name("Rest")
          .then(bodies.step((ctx) =>
            ctx.update("seen", (seen) => [...seen, String(ctx.item)])
          )).name("Item"), {
        sequential: true,
        results: false,
      })
      .name("In order")
      .then(bodies.step()).name("After")
      .build("in-order", 1),
  plan(random, key) {
    const size = random.int(1, 4);
    const plan = simplePlan(workData(key, size), { Item: size, After: 1 });
    const seen = Array.from({ length: size }, (_, index) => String(index));
    return { ...plan, expected: { ...plan.expected, data: { seen }, atOnce: { Item: 1 } } };
  },
};
