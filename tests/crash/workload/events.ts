import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ExecutionResult } from "../../../src/definition/execution_result.ts";
import type { Command, Scenario } from "./scenario.ts";
import { type WorkData, workData } from "./work_data.ts";

/** A loop that waits for event after event: each comes once, in the order of publishing. */
export const inbox: Scenario = {
  id: "inbox",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>({ history: bodies.around.history })
      .whileDo((data, { index }) => index < data.size, (b) =>
        b.waitFor("item", (data) =>
          data.key, { since: 0 }).name("Wait")
          .output((item, data) => ({ seen: [...data.seen, String(item)] }))
          .then(bodies.step()).name("Handle"))
      .name("Loop")
      .then(bodies.step()).name("After")
      .build("inbox", 1),
  plan(random, key) {
    const size = random.int(1, 4);
    const seen = Array.from({ length: size }, (_, index) => `${key}-${index}`);
    const commands = seen.flatMap((messageId): Command[] => {
      const publish = { kind: "publish", name: "item", key, messageId, data: messageId } as const;
      // The same message again is no event more.
      const times = random.chance(0.3) ? 2 : 1;
      return Array.from({ length: times }, () => ({ ...publish, after: random.span(0.7) }));
    });
    const ends = { Complete: { Handle: size, After: 1 } };
    return { data: workData(key, size), commands, expected: { ends, data: { seen } } };
  },
};

/** A loop that waits for event after event, while a branch beside it keeps somebody working on the run. */
export const besides: Scenario = {
  id: "besides",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>({ history: bodies.around.history })
      .parallel((p) =>
        p.branch((b) =>
          b.whileDo((data, { index }) => index < 3 * data.size, (inner) =>
            inner.then(bodies.step()).name("Work")).name("Busy")
        ).branch((b) =>
          b.whileDo((data, { index }) =>
            index < data.size, (inner) =>
            inner.waitFor("item", (data) =>
              data.key, { since: 0 }).name("Wait")
              .output((item, data) => ({ seen: [...data.seen, String(item)] })))
            .name("Loop")
        )
      ).name("Both")
      .then(bodies.step()).name("After")
      .build("besides", 1),
  plan(random, key) {
    const size = random.int(1, 4);
    const seen = Array.from({ length: size }, (_, index) => `${key}-${index}`);
    const commands = seen.map((messageId): Command => (
      { kind: "publish", name: "item", key, messageId, data: messageId, after: random.span(0.3) }
    ));
    const ends = { Complete: { Work: 3 * size, After: 1 } };
    return { data: workData(key, size), commands, expected: { ends, data: { seen } } };
  },
};

/** How many runs of {@linkcode news} wait for the same event. */
const audience = 3;

/** Several runs wait for one event, which all of them publish: each gets it once, and no second one. */
export const news: Scenario = {
  id: "news",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .startWith(bodies.step()).name("Tune in")
      .waitFor("news", (data) => data.key, { since: 0 }).name("First")
      .output((item, data) => ({ seen: [...data.seen, String(item)] }))
      .waitFor("news", (data) => data.key, {
        since: 0,
        timeout: bodies.around.pace.long,
        onTimeout: (b) => b.then(bodies.step()).name("Quiet"),
      }).name("Second")
      .output((item, data) => item === null ? {} : { seen: [...data.seen, String(item)] })
      .then(bodies.step()).name("After")
      .build("news", 1),
  plan(random, key, number) {
    const about = `${key.split("-")[0]}-news-${Math.floor(number / audience)}`;
    const seen = [`${about}-item`];
    return {
      data: workData(about, 0),
      commands: [{
        kind: "publish",
        after: random.span(1),
        name: "news",
        key: about,
        messageId: seen[0]!,
        data: seen[0]!,
      }],
      expected: { ends: { Complete: { "Tune in": 1, Quiet: 1, After: 1 } }, data: { seen } },
    };
  },
};

/** One body that sleeps, keeps state, waits for an event and asks for branches before it ends. */
export const patient: Scenario = {
  id: "patient",
  build: (bodies) =>
    new WorkflowBuilder<WorkData>()
      .startWith(bodies.step(({ state, event, branches, data }) => {
        const { short } = bodies.around.pace;
        if (state === undefined) return ExecutionResult.sleep(short, "slept");
        if (state === "slept") return ExecutionResult.persist("kept");
        if (state === "kept") {
          return ExecutionResult.waitForEvent("wake", data.key, { since: 0, state: "woken" });
        }
        if (state === "woken") return ExecutionResult.branch(["a", String(event?.data)], "branched");
        return { results: (branches as { item: string }[]).map(({ item }) => item) };
      })).name("Patient")
      .do((b) => b.then(bodies.step(({ item }) => ({ item }))).name("Branch"))
      .output((output) => ({ seen: (output as unknown as { results: string[] }).results }))
      .then(bodies.step()).name("After")
      .build("patient", 1),
  plan: (random, key) => ({
    data: workData(key, 0),
    commands: [{
      kind: "publish",
      after: random.span(1),
      name: "wake",
      key,
      messageId: `${key}-wake`,
      data: "b",
    }],
    expected: {
      ends: { Complete: { Patient: 1, Branch: 2, After: 1 } },
      data: { seen: ["a", "b"] },
      reentered: ["Patient"],
    },
  }),
};
