import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { type Scenario, simplePlan } from "./scenario.ts";
import { type WorkData, workData } from "./work_data.ts";

/** A step that fails twice and is tried again, with growing pauses. */
export const flaky: Scenario = {
  id: "flaky",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .startWith(bodies.step()).name("Before")
      .then(bodies.step(({ attempt }) => {
        if (attempt <= 2) throw new Error("scripted");
      })).name("Flaky").onError(
        ErrorBehavior.retry({ interval: bodies.around.pace.short, backoff: 2, jitter: 0.2, maxRetries: 2 }),
      )
      .then(bodies.step()).name("After")
      .build("flaky", 1),
  plan(_random, key) {
    const plan = simplePlan(workData(key, 0), { Before: 1, Flaky: 1, After: 1 });
    return { ...plan, expected: { ...plan.expected, failures: { Flaky: 2 } } };
  },
};

/** A step that always fails: the run fails when all its retries are used up. Retrying the run goes on from there. */
export const doomed: Scenario = {
  id: "doomed",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .startWith(bodies.step()).name("Before")
      .then(bodies.step(({ workflow }) => {
        if (workflow.attempt === 1) throw new Error("scripted");
      })).name("Doomed").onError(
        ErrorBehavior.retry({ interval: bodies.around.pace.short, maxRetries: 2 }),
      )
      .then(bodies.step()).name("After")
      .build("doomed", 1),
  plan(_random, key) {
    const plan = simplePlan(workData(key, 0), { Before: 1, Doomed: 1, After: 1 });
    return {
      ...plan,
      commands: [{ kind: "retry", after: 1 }],
      expected: { ...plan.expected, failures: { Doomed: 3 } },
    };
  },
};

/** A failure that suspends the run; resuming tries the step again. */
export const suspending: Scenario = {
  id: "suspending",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .startWith(bodies.step(({ attempt }) => {
        if (attempt === 1) throw new Error("scripted");
      })).name("Halt").onError(ErrorBehavior.suspend())
      .then(bodies.step()).name("After")
      .build("suspending", 1),
  plan(_random, key) {
    const plan = simplePlan(workData(key, 0), { Halt: 1, After: 1 });
    return { ...plan, expected: { ...plan.expected, failures: { Halt: 1 } } };
  },
};

/** A step that kills its host three times: the run is quarantined, until somebody resumes it. */
export const poison: Scenario = {
  id: "poison",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .startWith(bodies.step()).name("Before")
      .then(bodies.deadly(3)).name("Poison")
      .then(bodies.step()).name("After")
      .build("poison", 1),
  plan(_random, key) {
    const plan = simplePlan(workData(key, 0), { Before: 1, Poison: 1, After: 1 });
    return { ...plan, expected: { ...plan.expected, reentered: ["Poison"] } };
  },
};
