import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { type Scenario, simplePlan } from "./scenario.ts";
import { countOf, type WorkData, workData } from "./work_data.ts";

/** Five steps in a row. */
export const line: Scenario = {
  id: "line",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .startWith(bodies.step()).name("A").then(bodies.step()).name("B").then(bodies.step()).name("C")
      .then(bodies.step()).name("D").then(bodies.step()).name("E")
      .build("line", 1),
  plan: (_random, key) => simplePlan(workData(key, 0), { A: 1, B: 1, C: 1, D: 1, E: 1 }),
};

/** A jump back, as often as `decide` says, then a choice of two ways. */
export const jump: Scenario = {
  id: "jump",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .startWith(bodies.step()).name("Again")
      .decide((data) => countOf(data, "Again") < data.size).name("Enough")
      .outcome(true, (b) => b.attach("Again"))
      .outcome(false, (b) =>
        b.ifDo(
          (data) => data.size % 2 === 0,
          (then) => then.then(bodies.step()).name("Even"),
          (otherwise) => otherwise.then(bodies.step()).name("Odd"),
        ).name("Parity"))
      .then(bodies.step()).name("Last")
      .build("jump", 1),
  plan(random, key) {
    const size = random.int(1, 4);
    return simplePlan(workData(key, size), { Again: size, [size % 2 === 0 ? "Even" : "Odd"]: 1, Last: 1 });
  },
};
