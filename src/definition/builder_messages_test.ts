import { deepEqual, match } from "node:assert/strict";
import { Chain } from "./builder/chain.ts";

/** What is said of each verb's misuse. */
const messages: Readonly<Record<string, readonly (readonly [code: string, says: RegExp])[]>> = {
  startWith: [
    ["start.startWith(class {})", /Property 'run' is missing in type '\(Anonymous class\)'/],
    ["step.startWith(work)", /Property 'startWith' does not exist on type 'StepBuilder<Order, null>'/],
  ],
  then: [
    ["start.then((ctx) => ctx.data.price)", /Property 'price' does not exist on type 'Readonly<Order>'/],
    ["start.then((ctx) => void (ctx.data.total = 5))", /'total' because it is a read-only property/],
    ["start.then(() => new Date())", /Type 'Date' is not assignable to type 'StepReturn/],
    ["step.endWorkflow().then(work)", /Property 'then' does not exist on type 'ChainEnd<Order>'/],
    ["start.then(class { go() {} })", /Property 'run' is missing/],
  ],
  thenFn: [
    ["start.thenFn({ type: 'shell' })", /'type' does not exist in type 'StepFunction<Order, StepReturn>'/],
    ["start.thenFn(class { run() {} })", /provides no match for the signature '\(ctx: StepContext<Order>\)/],
  ],
  decide: [["start.decide(() => new Date())", /Type 'Date' is not assignable to type 'JsonValue'/]],
  ifDo: [
    [
      "start.ifDo(() => true, (b) => b)",
      /Type 'BranchBuilder<Order>' is not assignable to type 'Branch'[^]*'isEmpty'/,
    ],
    ["start.ifDo((data) => data.total, branch)", /Type 'number' is not assignable to type 'boolean'/],
  ],
  else: [
    ["step.else(branch)", /Property 'else' does not exist on type 'StepBuilder<Order, null>'/],
    ["start.ifDo(() => true, branch).else(branch).else(branch)", /'else' does not exist on type 'AddedStep/],
  ],
  whileDo: [
    [
      "start.whileDo(async () => await true, branch)",
      /'Promise<boolean>' is not assignable to type 'boolean'/,
    ],
  ],
  forEach: [
    [
      "start.forEach((data) => data.total, branch)",
      /Type 'number' is not assignable to type 'Iterable<unknown>'/,
    ],
    [
      "start.forEach(() => [1], branch, { parallel: 3 })",
      /'parallel' does not exist in type 'ForEachOptions'/,
    ],
  ],
  parallel: [
    ["start.parallel((p) => p)", /'branchCount' is missing in type 'ParallelBuilder<Order>'/],
    [
      "start.parallel((p) => p.branch((b) => b))",
      /'BranchBuilder<Order>' is not assignable to type 'Branch'/,
    ],
  ],
  saga: [
    ["start.saga((b) => void b.then(work))", /Type 'undefined' is not assignable to type 'Branch'/],
    ["start.saga(branch, { then: 'retry' })", /'"retry"' is not assignable to type '"fail" \| "continue"/],
  ],
  waitFor: [
    ["start.waitFor('paid')", /An argument for 'key' was not provided/],
    [
      "start.waitFor('paid', (data) => data.note)",
      /'string \| undefined' is not assignable to type 'string \| number'/,
    ],
  ],
  delay: [["start.delay(true)", /'boolean' is not assignable to parameter of type 'Duration/]],
  endWorkflow: [[
    "step.endWorkflow().endWorkflow()",
    /'endWorkflow' does not exist on type 'ChainEnd<Order>'/,
  ]],
  attach: [
    ["start.attach('x')", /Property 'attach' does not exist on type 'WorkflowBuilder<Order>'/],
    ["step.attach('x').name('y')", /Property 'name' does not exist on type 'ChainEnd<Order>'/],
  ],
  name: [
    ["start.name('x')", /Property 'name' does not exist on type 'WorkflowBuilder<Order>'/],
    ["step.name(7)", /'number' is not assignable to parameter of type 'string'/],
  ],
  id: [["step.id(7)", /'number' is not assignable to parameter of type 'string'/]],
  rev: [["step.rev(2)", /'number' is not assignable to parameter of type 'string'/]],
  timeout: [[
    "start.delay(1).timeout(2)",
    /Property 'timeout' does not exist on type 'AddedStep<Order, null>'/,
  ]],
  lock: [
    ["step.lock((data) => data.total)", /'number' is not assignable to type 'string'/],
    ["start.delay(1).lock('x')", /Property 'lock' does not exist on type 'AddedStep<Order, null>'/],
  ],
  onError: [[
    "step.onError({ kind: 'ignore' })",
    /'"ignore"' is not assignable to type 'Consequence \| "retry"'/,
  ]],
  compensateWith: [
    ["step.compensateWith({ type: 'shell' })", /'type' does not exist in type 'Body<Order>'/],
  ],
  cancelWhen: [
    [
      "step.cancelWhen((data) => data.cancelled)",
      /Property 'cancelled' does not exist on type 'Readonly<Order>'/,
    ],
  ],
  input: [
    ["step.input(() => new Date())", /Type 'Date' is not assignable to type 'JsonValue'/],
    ["start.delay(1).input(() => 1)", /Property 'input' does not exist on type 'AddedStep<Order, null>'/],
  ],
  output: [
    ["start.then(() => 'x').output('total')", /'"total"' is not assignable to parameter of type '"note"/],
  ],
  do: [["start.delay(1).do(branch)", /Property 'do' does not exist on type 'AddedStep<Order, null>'/]],
  outcome: [
    [
      "start.decide(() => true).outcome('x', branch)",
      /'"x"' is not assignable to parameter of type 'true'/,
    ],
    [
      "start.delay(1).outcome(1, branch)",
      /Property 'outcome' does not exist on type 'AddedStep<Order, null>'/,
    ],
  ],
  build: [
    ["start.build('order', 1)", /Property 'build' does not exist on type 'WorkflowBuilder<Order>'/],
    ["step.build('order', '1')", /'string' is not assignable to parameter of type 'number'/],
  ],
};

Deno.test("misuse of every verb of the builder is told in words that name it", async () => {
  const verbs = Object.getOwnPropertyNames(Chain.prototype);
  deepEqual(
    Object.keys(messages).sort(),
    verbs.filter((name) => !["constructor", "isEmpty"].includes(name)).sort(),
  );
  const folder = await Deno.makeTempDir();
  const lines = [
    `import { type BranchBuilder, WorkflowBuilder } from "${new URL("./builder.ts", import.meta.url)}";`,
    "interface Order { readonly total: number; readonly note?: string }",
    "const work = () => {}; const start = new WorkflowBuilder<Order>();",
    "const step = start.then(work); const branch = (b: BranchBuilder<Order>) => b.then(work);",
  ];
  const file = `${folder}/misuse.ts`;
  const misuses = Object.values(messages).flat();
  await Deno.writeTextFile(file, [...lines, ...misuses.map(([code]) => `${code};`)].join("\n"));
  try {
    const check = new Deno.Command("deno", { args: ["check", "--no-config", file], env: { NO_COLOR: "1" } });
    const told = new TextDecoder().decode((await check.output()).stderr).split("\n\nTS");
    for (const [index, [code, says]] of misuses.entries()) {
      const place = `misuse.ts:${lines.length + index + 1}:`;
      match(told.filter((error) => error.includes(place)).join("\n") || `nothing said of ${code}`, says);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
