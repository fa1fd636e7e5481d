import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import { NonRetryableError } from "../../../src/definition/errors.ts";
import type { Act } from "./bodies.ts";
import type { Count, Scenario } from "./scenario.ts";
import { countOf, type WorkData, workData } from "./work_data.ts";

const fails: Act = () => {
  throw new NonRetryableError("scripted");
};

/** Everything inside fails: all is undone, a parallel within included, the saga's own undo last; the run fails. */
export const undone: Scenario = {
  id: "undone",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .saga((s) =>
        s.then(bodies.step()).name("Reserve").compensateWith(bodies.undo())
          .parallel((p) =>
            p.branch((b) => b.then(bodies.step()).name("Left").compensateWith(bodies.undo()))
              .branch((b) => b.then(bodies.step()).name("Right").compensateWith(bodies.undo()))
          ).name("Both")
          .then(bodies.step(fails)).name("Break").compensateWith(bodies.undo())
      ).name("Saga").compensateWith(bodies.undo())
      .then(bodies.step()).name("Tail")
      .build("undone", 1),
  plan: (_random, key) => ({
    data: workData(key, 0),
    commands: [],
    expected: {
      ends: {
        Failed: {
          Reserve: 1,
          Left: 1,
          Right: 1,
          "undo Reserve": 1,
          "undo Left": 1,
          "undo Right": 1,
          "undo Break": 1,
          "undo Saga": 1,
        },
      },
    },
  }),
};

/** A saga within a saga fails; the inner one goes on, so that only it is undone. One undo fails at first. */
export const goesOn: Scenario = {
  id: "goes-on",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .saga((outer) =>
        outer.then(bodies.step()).name("Outer").compensateWith(bodies.undo())
          .saga((inner) =>
            inner.then(bodies.step()).name("Inner").compensateWith(
              bodies.undo(({ attempt }) => {
                if (attempt === 1) throw new Error("scripted");
              }),
              { onError: ErrorBehavior.retry({ interval: bodies.around.pace.short, maxRetries: 3 }) },
            )
              .then(bodies.step(fails)).name("Break"), { then: "continue" })
          .name("Inner saga")
          .then(bodies.step()).name("Behind")
      ).name("Outer saga")
      .then(bodies.step()).name("Tail")
      .build("goes-on", 1),
  plan: (_random, key) => ({
    data: workData(key, 0),
    commands: [],
    expected: {
      ends: { Complete: { Outer: 1, Inner: 1, "undo Inner": 1, Behind: 1, Tail: 1 } },
      failures: { "undo Inner": 1 },
    },
  }),
};

/** A saga that is undone and starts again, until it succeeds. */
export const startsAgain: Scenario = {
  id: "starts-again",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .saga((s) =>
        s.then(bodies.step()).name("Try").compensateWith(bodies.undo())
          .then(bodies.step((ctx) => {
            if (countOf(ctx.data, "Try") <= ctx.data.size) throw new Error("scripted");
          })).name("Break").compensateWith(bodies.undo())
      ).name("Saga").onError(ErrorBehavior.retry({ interval: bodies.around.pace.short, maxRetries: 3 }))
      .then(bodies.step()).name("Tail")
      .build("starts-again", 1),
  plan(random, key) {
    const size = random.int(1, 3);
    const counts: Record<string, Count> = { Try: size + 1, Break: 1, Tail: 1 };
    return {
      data: workData(key, size),
      commands: [],
      expected: {
        ends: { Complete: { ...counts, "undo Try": size, "undo Break": size } },
        failures: { Break: 1 },
        reentered: ["Saga"],
      },
    };
  },
};
