import { deepEqual, equal, rejects } from "node:assert/strict";
import { z } from "zod";
import { ExecutionResult, NonRetryableError, WorkflowBuilder, WorkflowHostBuilder } from "../mod.ts";
import { compileTemplate, parseWorkflow } from "../src/yaml/mod.ts";
import { fakeStepContext } from "../tests/fake_step_context.ts";
import { defineExecutor, type StepConfigError } from "./define_executor.ts";

const add = defineExecutor({
  type: "add",
  schema: z.strictObject({ numbers: z.array(z.number()).min(1), note: z.string().default("sum") }),
  run: ({ numbers, note }, ctx) => {
    const sum = numbers.reduce((a, b) => a + b);
    ctx.set({ [note]: sum });
    return { sum };
  },
});

const yaml = `
workflow:
  id: sums
  version: 1
  steps:
    - name: First
      type: add
      config: { numbers: [1, 2] }
    - name: Second
      type: add
      config: { numbers: ["\${{ data.sum }}", 40], note: "\${{ var.what }} of \${{ data.sum }}" }
`;

Deno.test("defineExecutor() makes one step type for YAML and for the builder", async () => {
  await using host = new WorkflowHostBuilder().useExecutor(add).build();
  host.registerWorkflow(parseWorkflow(yaml, { what: "total" }, { types: [add] }));
  const sum = compileTemplate("${{ data.sum }}");
  host.registerWorkflow(
    new WorkflowBuilder()
      .startWith({ type: "add", config: { numbers: [1, 2] } }).name("First")
      .then({
        type: "add",
        config: { numbers: [sum, 40], note: compileTemplate("total of ${{ data.sum }}") },
      })
      .name("Second")
      .then(async (ctx) => ctx.set({ kept: await ctx.output("Second") })).name("Keep")
      .build("built", 1),
  );
  await host.start();
  const result = { sum: 3, "total of 3": 43 };
  deepEqual(await (await host.startWorkflow("sums")).result(), result);
  deepEqual(await (await host.startWorkflow("built")).result(), { ...result, kept: { sum: 43 } });
});

Deno.test("the values of expressions are checked when the step runs, and another attempt is not made", async () => {
  const { ctx } = fakeStepContext("add", { numbers: compileTemplate("${{ data.list }}") }, {
    data: { list: [1, "2"] },
  });
  await rejects(add.run(ctx), (error: StepConfigError) => {
    deepEqual([error.name, error.code, error.retryable], ["StepConfigError", "STEP_CONFIG", false]);
    deepEqual(error.problems, ["config.numbers[1]: Invalid input: expected number, received string"]);
    equal(error.message.startsWith('Cannot run step "step": config.numbers[1]: '), true);
    return true;
  });
  const missing = fakeStepContext("add", { numbers: compileTemplate("${{ data.none }}") });
  await rejects(add.run(missing.ctx), { code: "EXPRESSION" });
});

Deno.test("what comes out of an expression is never looked at for expressions", async () => {
  const echo = defineExecutor({
    type: "echo",
    schema: z.strictObject({ text: z.unknown() }),
    run: ({ text }) => text as string,
  });
  const hostile = ["${{ var.secret }}", { template: [{ expression: "var.secret" }] }];
  const given = { vars: { secret: "s" }, data: { hostile } };
  const { ctx } = fakeStepContext("echo", { text: compileTemplate("${{ data.hostile }}") }, given);
  deepEqual(await echo.run(ctx), ExecutionResult.next(hostile));
  const inText = fakeStepContext("echo", { text: compileTemplate("<${{ data.hostile }}>") }, given);
  deepEqual(await echo.run(inText.ctx), ExecutionResult.next(`<${JSON.stringify(hostile)}>`));
});

Deno.test("a body may return a result, nothing, or throw", async () => {
  const schema = z.strictObject({});
  const { ctx } = fakeStepContext("x", {});
  const persist = ExecutionResult.persist(1);
  equal(await defineExecutor({ type: "x", schema, run: () => persist }).run(ctx), persist);
  deepEqual(await defineExecutor({ type: "x", schema, run: () => {} }).run(ctx), ExecutionResult.next());
  const failing = defineExecutor({
    type: "x",
    schema,
    run: () => Promise.reject(new NonRetryableError("no")),
  });
  await rejects(failing.run(ctx), { message: "no" });
});
