import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../../../src/definition/builder.ts";
import { ErrorBehavior } from "../../../src/definition/error_behavior.ts";
import {
  InvalidDurationError,
  PayloadTooLargeError,
  RetryAfterError,
} from "../../../src/definition/errors.ts";
import { ExecutionResult } from "../../../src/definition/execution_result.ts";
import type { StepContext } from "../../../src/definition/step_context.ts";
import { WorkflowHostBuilder } from "../../../src/engine/host_builder.ts";
import type { Cases } from "../cases.ts";

const once = ErrorBehavior.retry({ interval: "1s", maxRetries: 1 });
const tenYears = 3_650 * 86_400_000;

/** Bounds are the same in front of every store: of numbers, times and sizes. */
export const boundCases: Cases = {
  "RetryAfterError: any pause is a whole number of milliseconds, of ten years at most": async (scene) => {
    const asked: Readonly<Record<string, number>> = { half: 77.5, none: 0, huge: 1e300, endless: Infinity };
    const definitions = Object.entries(asked).map(([id, delay]) =>
      new WorkflowBuilder().startWith((ctx) => {
        if (ctx.attempt === 1) throw new RetryAfterError("busy", delay);
        scene.note(id);
      }).name("One").onError(once).build(id, 1)
    );
    const host = await scene.host(definitions);
    const start = scene.clock.now();
    for (const id of Object.keys(asked)) await scene.start(host, id);
    await scene.pass("1m");
    deepEqual(scene.effects.toSorted(), ["half", "none"]);
    const dueAt = async (runId: string) => (await scene.store.pointers(runId))[0]?.dueAt;
    deepEqual([await dueAt("run-3"), await dueAt("run-4")], [start + tenYears, start + tenYears]);
    for (const runId of ["run-3", "run-4"]) await scene.until(host.terminateWorkflow(runId));
  },

  "RetryAfterError with a delay that is none fails the attempt, whose retry has the usual pause": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder().startWith((ctx) => {
      scene.note(Math.round(scene.seconds));
      if (ctx.attempt === 1) throw new RetryAfterError("too many requests", Number("Wed, 21 Oct"));
    }).name("One").onError(once).build("header", 1);
    const { status } = await scene.play(definition);
    deepEqual([status, scene.effects], ["Complete", [0, 1]]);
  },

  "what is no length of a page, or no time, is refused before the store is asked": async (scene) => {
    const host = await scene.host([]);
    for (const limit of [0, -1, 1.5, 1_001, 1e9, NaN, Infinity, "10" as unknown as number]) {
      await rejects(host.listWorkflows({ limit }), {
        name: "RangeError",
        message: `Cannot list runs: \`limit\` must be a whole number from 1 to 1000, received ${limit}; ` +
          "read on with `after`",
      });
    }
    const times = [NaN, Infinity, -1e300, new Date(0) as unknown as number];
    for (const time of times) {
      const after = { createdAt: time, id: "x" };
      for (const filter of [{ createdFrom: time }, { createdBefore: time }, { after }]) {
        await rejects(
          host.listWorkflows(filter),
          /RangeError: Cannot list runs: .* must be milliseconds since/,
        );
      }
      await rejects(
        host.purgeWorkflows({ endedBefore: time }),
        /RangeError: Cannot purge runs: `endedBefore`/,
      );
    }
    for (const olderThan of [-1, 0, NaN, Infinity, "1 fortnight"]) {
      await rejects(host.purgeWorkflows({ olderThan }), InvalidDurationError);
    }
    for (const time of [NaN, Infinity, 1e300, new Date(NaN)]) {
      await rejects(
        host.publishEvent("name", "key", null, { time }),
        /RangeError: Cannot publish event "name": its time must be a date or milliseconds since 1970, received/,
      );
    }
    for (const grace of [-1, NaN, Infinity, "soon"]) {
      await rejects(host.stop({ grace }), InvalidDurationError);
    }
    ok((await scene.until(host.listWorkflows({ limit: 1_000 }))).length === 0, "the host goes on");
  },

  "a page has 100 runs unless said, and none is left out between pages": async (scene) => {
    const definition = new WorkflowBuilder().startWith(() => {}).name("One").build("many", 1);
    const host = await scene.host([definition]);
    for (let n = 0; n < 105; n++) await scene.until((await scene.start(host, "many")).result());
    const first = await host.listWorkflows({ limit: undefined as unknown as number });
    const second = await host.listWorkflows({ after: first.at(-1)! });
    deepEqual([first.length, second.length], [100, 5]);
    equal(new Set([...first, ...second].map(({ id }) => id)).size, 105);
  },

  "a body that waits for an event: a time that is none, or no text, fails the step": async (scene) => {
    const waits: Readonly<Record<string, () => ExecutionResult>> = {
      never: () => ExecutionResult.waitForEvent("paid", "7", { since: NaN }),
      late: () => ExecutionResult.waitForEvent("paid", "7", { since: 1e300 }),
      keyless: () => ExecutionResult.waitForEvent("paid", undefined as unknown as string),
      numbered: () => ExecutionResult.waitForEvent("paid", 7 as unknown as string),
      nameless: () => ExecutionResult.waitForEvent("", "7"),
    };
    const host = await scene.host(
      Object.entries(waits).map(([id, wait]) =>
        new WorkflowBuilder().startWith(wait).name("One").onError(ErrorBehavior.fail()).build(id, 1)
      ),
    );
    for (const id of Object.keys(waits)) {
      const { status, error } = await scene.until((await scene.start(host, id)).atRest());
      scene.note(`${id}: ${status}, ${error?.type}: ${error?.message}`);
    }
    const since = (what: string) =>
      `Failed, RangeError: Cannot wait for event "paid": \`since\` must be a date or milliseconds since 1970, ` +
      `received ${what}`;
    const text = (what: string, length: string, received: string) =>
      `Failed, InvalidTextError: Cannot wait for an event: its ${what} must be text of ${length} bytes in UTF-8, ` +
      `received ${received}`;
    deepEqual(scene.effects, [
      `never: ${since("NaN")}`,
      `late: ${since("1e+300")}`,
      `keyless: ${text("key", "at most 1024", "undefined")}`,
      `numbered: ${text("key", "at most 1024", "number")}`,
      `nameless: ${text("name", "1 to 1024", '""')}`,
    ]);
  },

  "a body that waits since a fraction of a millisecond gets the event": async (scene) => {
    const definition = new WorkflowBuilder().startWith((ctx) => {
      if (!ctx.event) return ExecutionResult.waitForEvent("paid", "7", { since: 1.5 });
      scene.note(ctx.event.data);
    }).name("One").build("fraction", 1);
    const host = await scene.host([definition]);
    await scene.until(host.publishEvent("paid", "7", "early", { time: 1 }));
    await scene.until(host.publishEvent("paid", "7", "in time", { time: 2.4 }));
    await scene.until((await scene.start(host, "fraction")).result());
    deepEqual(scene.effects, ["in time"]);
  },

  "payloadLimits: what is larger fails, names what it is, its size and the limit, and leaves no trace":
    async (
      scene,
    ) => {
      const large = "x".repeat(2_000);
      const failing = (id: string, body: (ctx: StepContext) => unknown) =>
        new WorkflowBuilder().startWith(body as () => void).name("One").onError(ErrorBehavior.fail()).build(
          id,
          1,
        );
      const start = new WorkflowBuilder({ onError: ErrorBehavior.fail() });
      const definitions = [
        failing("output", () => large),
        failing("outcome", () => ExecutionResult.outcome(large)),
        failing("state", (ctx) => ctx.state === undefined ? ExecutionResult.persist(large) : null),
        failing("held", (ctx) => ctx.hold(large)),
        failing("set", (ctx) => ctx.set({ large })),
        failing("together", (ctx) => ["a", "b"].forEach((key) => ctx.set({ [key]: "x".repeat(600) }))),
        failing("update", (ctx) => ctx.update("large", (() => large) as never)),
        failing("event", (ctx) => ctx.publish("name", "key", large)),
        start.startWith(() => "small").name("One").output(() => ({ large })).build("mapped", 1),
        start.startWith(() => {}).name("One").input(() => large).build("input", 1),
        start.decide(() => large).name("One").build("decision", 1),
        start.forEach(() => [large], (b) => b.then(() => {}).name("In")).name("One").build("items", 1),
        start.forEach(() => [1, 2, 3], (b) => b.then(() => "x".repeat(400)).name("In")).name("One")
          .build("results", 1),
        start.startWith((ctx) => ctx.branches ? undefined : ExecutionResult.branch([1, 2, 3])).name("One")
          .do((b) => b.then(() => "x".repeat(400)).name("In")).build("branches", 1),
      ];
      const host = await scene.host(definitions, { wire: small });
      for (const { id } of definitions) {
        const run = await scene.start(host, id);
        const { status, error, data } = await scene.until(run.atRest());
        scene.note(`${id}: ${status} ${error?.code} ${error?.message.replace(/;.*/, "")}`);
        deepEqual(data, {});
      }
      const sized = (what: string, bytes: number) =>
        `Failed PAYLOAD_TOO_LARGE Cannot store ${what}: ${bytes} bytes of JSON exceed the limit of 1000`;
      deepEqual(scene.effects, [
        `output: ${sized("output", 2_002)}`,
        `outcome: ${sized("outcome", 2_002)}`,
        `state: ${sized("state", 2_002)}`,
        `held: ${sized("held", 2_002)}`,
        `set: ${sized("data", 2_012)}`,
        `together: ${sized("data", 1_215)}`,
        `update: ${sized("data.large", 2_002)}`,
        `event: ${sized("event data", 2_002)}`,
        `mapped: ${sized("data", 2_012)}`,
        `input: ${sized("input", 2_002)}`,
        `decision: ${sized("outcome", 2_002)}`,
        `items: ${sized("the items", 2_004)}`,
        `results: ${sized('the results of step "One"', 1_210)}`,
        `branches: ${sized("branches", 1_210)}`,
      ]);
      const tooLarge = (what: string) => (error: PayloadTooLargeError) => {
        deepEqual([error.bytes > 1_000, error.limit], [true, 1_000]);
        return error instanceof PayloadTooLargeError && error.message.startsWith(`Cannot store ${what}:`);
      };
      await rejects(host.startWorkflow("output", { large }, { runId: "never" }), tooLarge("data"));
      equal(await host.getWorkflow("never"), null);
      await rejects(host.publishEvent("name", "key", large), tooLarge("event data"));
    },

  "payloadLimits: what fits is kept whole, above the usual limit too": async (scene) => {
    const size = 3 * 1024 ** 2;
    const large = "x".repeat(size);
    const see = (text: unknown) => scene.note((text as string).length);
    const definition = new WorkflowBuilder<{ readonly large: string }>()
      .startWith((ctx) => {
        see(ctx.data.large);
        see(ctx.input);
        return large;
      }).name("One").input((data) => data.large).output((output) => ({ large: `${output}!` }))
      .then((ctx) => {
        if (ctx.state === undefined) return ExecutionResult.persist(ctx.data.large);
        see(ctx.state);
        ctx.set({ large: `${ctx.data.large}!` });
        return ExecutionResult.outcome(large);
      }).name("Two")
      .then((ctx) => {
        if (!ctx.branches) return ExecutionResult.branch([ctx.data.large]);
        ctx.branches.forEach(see);
        ctx.update("large", (text) => `${text}!`);
        ctx.publish("large", "k", large);
      }).name("Three").do((b) => b.then((ctx) => ctx.item).name("In"))
      .forEach((data) => [data.large], (b) => b.then((ctx) => ctx.item).name("Each")).name("All")
      .decide((data) => data.large).name("Decide")
      .waitFor("large", "k").name("Wait").output((event) => ({ large: event as string }))
      .build("large", 1);
    const most = 4 * 1024 ** 2;
    const host = await scene.host([definition], {
      wire: (builder) => builder.payloadLimits({ data: most, output: most }),
    });
    const run = await scene.start(host, "large", { large });
    equal((await scene.until(run.result())).large, large);
    deepEqual(scene.effects, [size, size, size + 1, size + 2]);
    const outputs = new Map(
      (await scene.store.pointers(run.id)).map(({ stepKey, output }) => [stepKey, output]),
    );
    see(outputs.get("Two"));
    see((outputs.get("All") as readonly string[])[0]);
    see(outputs.get("Decide"));
    deepEqual(scene.effects.slice(4), [size, size + 3, size + 3]);
  },

  "payloadLimits: a host with lower limits goes on with larger data, until a step changes it": async (
    scene,
  ) => {
    const definition = new WorkflowBuilder<{ readonly large: string; readonly n?: number }>()
      .startWith(() => {}).name("One").delay("1h").name("Nap").then(() => {}).name("Two")
      .then((ctx) => ctx.set({ n: 1 })).name("Three").onError(ErrorBehavior.fail()).build("handed", 1);
    const first = await scene.host([definition]);
    const run = await scene.start(first, "handed", { large: "x".repeat(2_000) });
    await scene.stop(first);
    const second = await scene.host([definition], { wire: small });
    const { status, error } = await scene.until(second.getHandle(run.id).atRest());
    deepEqual([status, error?.step, error?.code], ["Failed", "Three", "PAYLOAD_TOO_LARGE"]);
  },

  "payloadLimits: a log is kept up to its limit, and says what it does not have; each attempt has its own":
    async (
      scene,
    ) => {
      const definition = new WorkflowBuilder().startWith((ctx) => {
        for (let n = 0; n < 1_000; n++) ctx.logger.info(`line ${n}`);
        if (ctx.attempt === 1) throw new Error("once");
      }).name("One").onError(once).build("flood", 1);
      const host = await scene.host([definition], { wire: small });
      const run = await scene.start(host, "flood");
      await scene.until(run.result());
      const lines = await scene.store.readLog(run.id, { limit: 9_999 });
      for (const attempt of [1, 2]) {
        const texts = lines.filter((line) => line.attempt === attempt).map(({ text }) => text);
        // A line costs its text, its end, and 32 bytes for being one.
        deepEqual(texts.slice(0, -1), Array.from({ length: 25 }, (_, n) => `line ${n}`));
        ok(
          texts.at(-1)!.startsWith("The log of this step is full: 8700 more bytes were printed"),
          texts.at(-1),
        );
      }
    },

  "payloadLimits: a limit is a whole number of bytes that every store can keep": () => {
    for (const bytes of [0, -1, 1.5, NaN, Infinity, 2 ** 28, "1 MiB" as unknown as number]) {
      for (const name of ["data", "output", "log"]) {
        try {
          new WorkflowHostBuilder().payloadLimits({ [name]: bytes });
          throw new Error("taken");
        } catch (error) {
          equal(
            String(error),
            `RangeError: Cannot set the limit "${name}": a whole number from 1 to 268435455 is needed, ` +
              `received ${bytes}`,
          );
        }
      }
    }
    return Promise.resolve();
  },
};

/** A host that keeps little. */
function small(builder: WorkflowHostBuilder): WorkflowHostBuilder {
  return builder.payloadLimits({ data: 1_000, output: 1_000 }).payloadLimits({ log: 1_000 });
}
