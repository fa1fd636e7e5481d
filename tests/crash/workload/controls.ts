import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import type { WorkflowDefinition } from "../../../src/definition/definition.ts";
import type { Bodies } from "./bodies.ts";
import { atMost, type Command, type Scenario } from "./scenario.ts";
import { type WorkData, workData } from "./work_data.ts";

/** Steps with a timer between them, in a saga: something for people to interfere with. */
function work(id: string, bodies: Bodies): WorkflowDefinition<WorkData> {
  return new WorkflowBuilder<WorkData>()
    .saga((s) =>
      s.then(bodies.step()).name("A").compensateWith(bodies.undo())
        .delay(bodies.around.pace.short).name("Pause")
        .then(bodies.step()).name("B").compensateWith(bodies.undo())
        .then(bodies.step()).name("C").compensateWith(bodies.undo())
    ).name("Saga")
    .then(bodies.step()).name("D")
    .build(id, 1);
}

const complete = { A: 1, B: 1, C: 1, D: 1 };
/** As often as each step, and its undo, can be recorded when a run is cut short. */
const cutShort = { ...complete, "undo A": 1, "undo B": 1, "undo C": 1 };

/** Suspended and resumed, again and again. */
export const suspended: Scenario = {
  id: "suspended",
  build: (bodies) => work("suspended", bodies),
  plan(random, key) {
    const commands: Command[] = [];
    for (let times = random.int(1, 3); times > 0; times--) {
      commands.push({ kind: "suspend", after: random.span(0.5) }, {
        kind: "resume",
        after: random.span(0.5),
      });
    }
    return { data: workData(key, 0), commands, expected: { ends: { Complete: complete } } };
  },
};

/** Cancelled at some time, unless it has ended by then: what was done is undone. */
export const cancelled: Scenario = {
  id: "cancelled",
  build: (bodies) => work("cancelled", bodies),
  plan: (random, key) => ({
    data: workData(key, 0),
    commands: [{ kind: "cancel", after: random.span(0.7) }],
    expected: { ends: { Complete: complete, Cancelled: atMost(cutShort) } },
  }),
};

/** Terminated at some time, then opened again. */
export const terminated: Scenario = {
  id: "terminated",
  build: (bodies) => work("terminated", bodies),
  plan: (random, key) => ({
    data: workData(key, 0),
    commands: [{ kind: "terminate", after: random.span(0.7) }, { kind: "retry", after: random.span(0.5) }],
    expected: { ends: { Complete: complete } },
  }),
};
