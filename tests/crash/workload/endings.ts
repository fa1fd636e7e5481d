import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { type Scenario, simplePlan } from "./scenario.ts";
import { countOf, type WorkData, workData } from "./work_data.ts";

/** A loop without an end ends the whole run, with another branch asleep. */
export const ending: Scenario = {
  id: "ending",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>({ history: bodies.around.history })
      .parallel((p) =>
        p.branch((b) =>
          b.whileDo(() => true, (turn) =>
            turn.then(bodies.step()).name("Turn")
              .ifDo((data) => countOf(data, "Turn") >= data.size, (then) => then.endWorkflow()).name(
                "Enough",
              ))
            .name("Endless")
        ).branch((b) => b.delay("1d").name("Day").then(bodies.step()).name("Tomorrow"))
      ).name("Both")
      .then(bodies.step()).name("After")
      .build("ending", 1),
  plan(random, key) {
    const size = random.int(1, 4);
    return simplePlan(workData(key, size), { Turn: size });
  },
};

/** A step that is cancelled while it waits, by what another branch puts into the data. */
export const calledOff: Scenario = {
  id: "called-off",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .parallel((p) =>
        p.branch((b) =>
          b.waitFor("never", (data) => data.key).name("Never")
            .cancelWhen((data) => data.seen.includes("off"), { proceed: true })
            .then(bodies.step()).name("Behind")
        ).branch((b) =>
          b.delay(bodies.around.pace.short).name("Pause")
            .then(bodies.step((ctx) => ctx.set({ seen: ["off"] }))).name("Call off")
        )
      ).name("Both")
      .then(bodies.step()).name("After")
      .build("called-off", 1),
  plan: (_random, key) => simplePlan(workData(key, 0), { Behind: 1, "Call off": 1, After: 1 }),
};
