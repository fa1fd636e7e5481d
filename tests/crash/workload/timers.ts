import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { type Scenario, simplePlan } from "./scenario.ts";
import { type WorkData, workData } from "./work_data.ts";

/** A short timer beside a long one, and one that the data sets. */
export const timers: Scenario = {
  id: "timers",
  build: (bodies) => {
    const { short, long } = bodies.around.pace;
    return new WorkflowBuilder<WorkData>()
      .parallel((p) =>
        p.branch((b) => b.delay(long).name("Long").then(bodies.step()).name("Behind long"))
          .branch((b) => b.delay(short).name("Short").then(bodies.step()).name("Behind short"))
      ).name("Timers")
      .delay((data) => short * (data.size + 1)).name("By data")
      .then(bodies.step()).name("After")
      .build("timers", 1);
  },
  plan(random, key) {
    const counts = { "Behind long": 1, "Behind short": 1, After: 1 };
    return simplePlan(workData(key, random.int(0, 2)), counts);
  },
};

/** A step that hangs until its timeout, then is tried again. */
export const hanging: Scenario = {
  id: "hanging",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .startWith(bodies.hanging(1)).name("Hang").timeout(bodies.around.pace.short)
      .onError(ErrorBehavior.retry({ interval: bodies.around.pace.short, maxRetries: 5 }))
      .then(bodies.step()).name("After")
      .build("hanging", 1),
  plan(_random, key) {
    const plan = simplePlan(workData(key, 0), { Hang: 1, After: 1 });
    return { ...plan, expected: { ...plan.expected, failures: { Hang: 1 } } };
  },
};
