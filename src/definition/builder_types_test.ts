import { equal, match } from "node:assert/strict";
import { z } from "zod";
import { WorkflowBuilder } from "./builder.ts";
import type { WorkflowDefinition } from "./definition.ts";
import { ExecutionResult } from "./execution_result.ts";
import type { JsonValue } from "./json.ts";
import type { StepContext } from "./step_context.ts";

/*
 * What must compile, and what must not: the directives fail the check of this file where nothing is wrong below them.
 * Nothing here is run; the messages are looked at in the last test.
 */

interface Order {
  readonly total: number;
  readonly items: readonly { readonly name: string }[];
  readonly note?: string;
}

class Charge {
  run(ctx: StepContext<Order>): { charged: number } {
    return { charged: ctx.data.total };
  }
}

class WithPort {
  constructor(readonly port: number) {}
  run(): void {}
}

class OtherData {
  run(ctx: StepContext<{ name: string }>): string {
    return ctx.data.name;
  }
}

const work = () => {};
const start = new WorkflowBuilder<Order>();
const steps = start.startWith(Charge).name("Charge");

/** Fails the check where the two types are not the same. */
function isType<Expected>(): <Actual>(
  value: (() => Actual) & (Same<Actual, Expected> extends true ? unknown : never),
) => void {
  return () => {};
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

const unused: (() => unknown)[] = [];

unused.push(
  function data() {
    // @ts-expect-error: the data has no such key
    steps.then((ctx) => ctx.data.price);
    // @ts-expect-error: a value of another type
    steps.then((ctx) => ctx.set({ total: "much" }));
    // @ts-expect-error: data is read only
    steps.then((ctx) => void (ctx.data.total = 5));
    // @ts-expect-error: in a branch the data is the same
    steps.ifDo(() => true, (b) => b.then((ctx) => ctx.data.price));
    isType<WorkflowDefinition<Order>>()(() => steps.build("order", 1));
  },
  function bodies() {
    // @ts-expect-error: a class without run
    start.then(class {});
    // @ts-expect-error: a class that cannot be made without arguments
    start.then(WithPort);
    // @ts-expect-error: what is returned has no JSON form
    start.then(() => new Date());
    // @ts-expect-error: a class for other data
    start.then(OtherData);
    start.then(
      class {
        run(ctx: StepContext<{ total: number }>) {
          return ctx.data.total;
        }
      },
    );
    start.then(
      class {
        run = (ctx: StepContext<Order>) => Promise.resolve(ctx.data.total);
      },
    );
    start.then(() => ExecutionResult.sleep("1s"));
    start.then({ type: "shell", config: { run: "make" } });
    // @ts-expect-error: a step needs a type
    start.then({ config: { run: "make" } });
  },
  function outputs() {
    steps.output((output, data) => ({ total: output.charged + data.total }));
    // @ts-expect-error: the step has no such output
    steps.output((output) => ({ total: output.price }));
    // @ts-expect-error: the data has no such key
    steps.output("price");
    // @ts-expect-error: the output is no number
    steps.output("total");
    start.then(() => 5).output("total");
    start.then(() => Promise.resolve("x")).output("note");
    start.then(() => ExecutionResult.next(5)).output("total");
    start.waitFor("paid", "1").output("note");
    start.then(work).output((output) => {
      isType<null>()(() => output);
      return {};
    });
    start.then(() => ExecutionResult.next({ a: 1 })).output((output) => {
      isType<JsonValue>()(() => output);
      return {};
    });
  },
  function expressions() {
    start.ifDo((data, { item, index, vars }) => data.total > index && item !== vars.x, (b) => b.then(work));
    // @ts-expect-error: a condition is true or false
    start.ifDo((data) => data.total, (b) => b.then(work));
    // @ts-expect-error: an asynchronous condition would always hold
    start.whileDo(async () => await true, (b) => b.then(work));
    // @ts-expect-error: a number cannot be looped over
    start.forEach((data) => data.total, (b) => b.then(work));
    start.forEach((data) => data.items, (b) => b.then(work), { concurrency: 3 });
    // @ts-expect-error: no such option
    start.forEach((data) => data.items, (b) => b.then(work), { parallel: 3 });
    // @ts-expect-error: an expression may change nothing
    start.delay((data) => data.total = 5);
    // @ts-expect-error: a key is text
    start.waitFor("paid", (data) => data.items);
    // @ts-expect-error: the data has no such key
    steps.cancelWhen((data) => data.cancelled);
    // @ts-expect-error: what the body gets must have a JSON form
    steps.input(() => new Date());
  },
  function outcomes() {
    const size = start.decide((data) => data.total > 3 ? "big" : "small");
    size.outcome("big", (b) => b.then(work)).outcome("small", (b) => b.then(work)).then(work);
    // @ts-expect-error: it never has this value
    size.outcome("huge", (b) => b.then(work));
    start.then(() => ExecutionResult.outcome({ any: 1 })).outcome({ any: 1 }, (b) => b.attach("x"));
    // @ts-expect-error: a delay has no outcome
    start.delay("1s").outcome(1, (b) => b.then(work));
  },
  function branches() {
    // @ts-expect-error: an empty branch
    start.ifDo(() => true, (b) => b);
    // @ts-expect-error: nothing is returned
    start.saga((b) => void b.then(work));
    // @ts-expect-error: no branch
    start.parallel((p) => p);
    // @ts-expect-error: branches are no branch
    start.parallel((p) => p.branch((b) => b.parallel((q) => q)));
    start.ifDo(() => true, (b) => b.then(work)).name("If").else((b) => b.then(work)).then(work);
    // @ts-expect-error: a second else
    start.ifDo(() => true, (b) => b.then(work)).else((b) => b.then(work)).else((b) => b.then(work));
    // @ts-expect-error: else is there already
    start.ifDo(() => true, (b) => b.then(work), (b) => b.then(work)).else((b) => b.then(work));
    // @ts-expect-error: else without ifDo
    steps.else((b) => b.then(work));
    start.whileDo(() => true, (b) => b.endWorkflow());
    start.whileDo(() => true, (b) => b.forEach(() => [1], (c) => c.saga((d) => d.delay(1))));
  },
  function ends() {
    steps.endWorkflow().build("order", 1);
    steps.attach("Charge").build("order", 1);
    // @ts-expect-error: nothing can follow the end
    steps.endWorkflow().then(work);
    // @ts-expect-error: nothing can follow a goto
    steps.attach("Charge").then(work);
    // @ts-expect-error: a workflow without a step
    start.build("order", 1);
    // @ts-expect-error: there is no step to name
    start.name("x");
    // @ts-expect-error: there is nothing to go back to
    start.attach("x");
  },
  function modifiers() {
    // @ts-expect-error: a delay has no attempt that could be bounded
    start.delay("1s").timeout("5s");
    // @ts-expect-error: only a body has an input
    start.parallel((p) => p.branch((b) => b.then(work))).input(() => 1);
    // @ts-expect-error: no such policy
    steps.onError({ kind: "ignore" });
    // @ts-expect-error: an undo is code
    steps.compensateWith({ type: "shell" });
    start.saga((b) => b.then(work)).name("S").compensateWith(Charge).cancelWhen(() => false).then(work);
    steps.timeout("1m").input((data) => data.total).do((b) => b.then(work)).rev("2").id("c").then(work);
  },
  function input() {
    const schema = z.object({ total: z.number(), items: z.array(z.object({ name: z.string() })) });
    const inferred = new WorkflowBuilder({ input: schema });
    inferred.then((ctx) => ctx.data.total);
    // @ts-expect-error: the schema has no such key
    inferred.then((ctx) => ctx.data.price);
    new WorkflowBuilder<Order>({ input: schema }).then((ctx) => ctx.data.note);
    // @ts-expect-error: the schema gives other data
    new WorkflowBuilder<Order>({ input: z.object({ total: z.string() }) });
    // @ts-expect-error: no schema
    new WorkflowBuilder<Order>({ input: { total: "number" } });
    isType<WorkflowBuilder>()(() => new WorkflowBuilder({ description: "any data" }));
  },
);

Deno.test("misuse of the builder does not compile", () => {
  equal(unused.length, 9);
});

const messages: readonly (readonly [code: string, says: RegExp])[] = [
  ["start.then((ctx) => ctx.data.price)", /Property 'price' does not exist on type 'Readonly<Order>'/],
  ["start.then(work).endWorkflow().then(work)", /Property 'then' does not exist on type 'ChainEnd<Order>'/],
  ["start.then(work).attach('x').name('y')", /Property 'name' does not exist on type 'ChainEnd<Order>'/],
  ["start.build('order', 1)", /Property 'build' does not exist on type 'WorkflowBuilder<Order>'/],
  [
    "start.ifDo(() => true, (b) => b)",
    /Type 'BranchBuilder<Order>' is not assignable to type 'Branch'[^]*'isEmpty'/,
  ],
  ["start.parallel((p) => p)", /'branchCount' is missing in type 'ParallelBuilder<Order>'/],
  ["start.saga((b) => void b.then(work))", /Type 'undefined' is not assignable to type 'Branch'/],
  [
    "start.ifDo((data) => data.total, (b) => b.then(work))",
    /Type 'number' is not assignable to type 'boolean'/,
  ],
  ["start.then(() => 'x').output('total')", /'"total"' is not assignable to parameter of type '"note"/],
  [
    "start.decide(() => true).outcome('x', (b) => b.then(work))",
    /'"x"' is not assignable to parameter of type 'true'/,
  ],
  ["start.then(class { go() {} })", /Property 'run' is missing/],
  ["start.delay(1).timeout(2)", /Property 'timeout' does not exist on type 'AddedStep<Order, null>'/],
];

Deno.test("misuse of the builder is told in words that name it", async () => {
  const folder = await Deno.makeTempDir();
  const builder = new URL("./builder.ts", import.meta.url);
  const lines = [
    `import { WorkflowBuilder } from "${builder}";`,
    "interface Order { readonly total: number; readonly note?: string }",
    "const work = () => {}; const start = new WorkflowBuilder<Order>();",
  ];
  const file = `${folder}/misuse.ts`;
  await Deno.writeTextFile(file, [...lines, ...messages.map(([code]) => `${code};`)].join("\n"));
  try {
    const check = new Deno.Command("deno", { args: ["check", "--no-config", file], env: { NO_COLOR: "1" } });
    const told = new TextDecoder().decode((await check.output()).stderr).split("\n\nTS");
    for (const [index, [code, says]] of messages.entries()) {
      const place = `misuse.ts:${lines.length + index + 1}:`;
      match(told.filter((error) => error.includes(place)).join("\n") || `nothing said of ${code}`, says);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
