import { deepEqual, equal, ok } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { type Consequence, ErrorBehavior, type ErrorPolicy } from "../../../src/definition/error_behavior.ts";
import type { AnyDefinition } from "../../../src/engine/testing_host.ts";
import type { WorkflowStatus } from "../../../src/instance/status.ts";
import type { Cases, Play } from "../cases.ts";
import type { Scene } from "../scene.ts";

const statusAfter: Readonly<Record<Consequence, WorkflowStatus>> = {
  fail: "Failed",
  suspend: "Suspended",
  terminate: "Terminated",
  compensate: "Failed",
};
const consequences = Object.keys(statusAfter) as Consequence[];
const twice = (then?: Consequence) =>
  ErrorBehavior.retry({ interval: "1s", maxRetries: 2, ...(then && { then }) });

/** Where a policy can stand, and a workflow that fails under it. */
const levels: Readonly<Record<string, (scene: Scene, policy: ErrorPolicy) => AnyDefinition>> = {
  "of a step": (scene, policy) =>
    new WorkflowBuilder({ onError: ErrorBehavior.suspend() }).startWith(scene.step("first")).name("First")
      .compensateWith(scene.step("undo first"))
      .then(scene.failing("bad")).name("Bad").compensateWith(scene.step("undo bad")).onError(policy)
      .then(scene.step("after")).name("After").build("errors", 1),
  "of the definition": (scene, policy) =>
    new WorkflowBuilder({ onError: policy }).startWith(scene.step("first")).name("First")
      .compensateWith(scene.step("undo first"))
      .then(scene.failing("bad")).name("Bad").compensateWith(scene.step("undo bad"))
      .then(scene.step("after")).name("After").build("errors", 1),
  "of a saga": (scene, policy) =>
    new WorkflowBuilder({ onError: ErrorBehavior.suspend() }).saga((s) =>
      s.then(scene.step("first")).name("First").compensateWith(scene.step("undo first"))
        .then(scene.failing("bad")).name("Bad").compensateWith(scene.step("undo bad"))
    ).name("Saga").onError(policy).then(scene.step("after")).name("After").build("errors", 1),
  "of a step in a saga": (scene, policy) =>
    new WorkflowBuilder().saga((s) =>
      s.then(scene.step("first")).name("First").compensateWith(scene.step("undo first"))
        .then(scene.failing("bad")).name("Bad").compensateWith(scene.step("undo bad")).onError(policy)
    ).name("Saga").then(scene.step("after")).name("After").build("errors", 1),
};

/** What has run in the end, where a step is not tried again, by level and consequence. */
function effectsOf(level: string, consequence: Consequence, tries: number): readonly string[] {
  const bad = Array.from({ length: tries }, () => "bad");
  const undone = ["undo bad", "undo first"];
  if (level === "of a saga") return bad.flatMap(() => ["first", "bad", ...undone]);
  if (consequence !== "compensate") return ["first", ...bad];
  return ["first", ...bad, ...(level === "of a step in a saga" ? undone : ["undo bad"])];
}

function behaviours(): Cases {
  const cases: Record<string, Play> = {};
  for (const [level, build] of Object.entries(levels)) {
    for (const consequence of consequences) {
      const played = (policy: ErrorPolicy, tries: number): Play => async (scene) => {
        const { status, error } = await scene.play(build(scene, policy));
        deepEqual([status, error?.message], [statusAfter[consequence], "bad fails"]);
        deepEqual(scene.effects, effectsOf(level, consequence, tries));
        equal(scene.seconds, tries - 1);
      };
      cases[`${consequence}() ${level}`] = played(ErrorBehavior[consequence](), 1);
      cases[`retry() ${level}, then ${consequence}`] = played(twice(consequence), 3);
    }
  }
  return cases;
}

/** Which policy applies to a failure, and what it brings about. */
export const errorPolicyCases: Cases = {
  ...behaviours(),

  "without any policy, code is tried three times more, at growing pauses from 1 s on": async (scene) => {
    const definition = new WorkflowBuilder().startWith(scene.failing("bad")).name("Bad").build("host", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.effects.length], ["Failed", 4]);
    ok(scene.seconds >= 6.3 && scene.seconds <= 7, `${scene.seconds}`);
  },

  "without any policy, a step of an executor fails at once": async (scene) => {
    const definition = new WorkflowBuilder().startWith({ type: "robot" }).name("Bad").build("robot", 1);
    const host = await scene.host([definition], {
      wire: (builder) => builder.useExecutor({ type: "robot", run: scene.failing("bad") }),
    });
    const { status } = await scene.until((await scene.start(host, "robot")).atRest());
    deepEqual([status, scene.effects], ["Failed", ["bad"]]);
  },

  "without any policy, a step in a saga is not tried again: the saga is undone": async (scene) => {
    const definition = new WorkflowBuilder({ onError: twice() }).saga((s) =>
      s.then(scene.failing("bad")).name("Bad").compensateWith(scene.step("undo bad"))
    ).name("Saga").build("saga", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.effects], ["Failed", ["bad", "undo bad"]]);
  },
};
