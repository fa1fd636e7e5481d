import { equal } from "node:assert/strict";
import { z } from "zod";
import { type BranchBuilder, type StepBuilder, WorkflowBuilder } from "./builder.ts";
import type { WorkflowDefinition } from "./definition.ts";
import { ErrorBehavior } from "./error_behavior.ts";
import { ExecutionResult } from "./execution_result.ts";
import type { JsonValue } from "./json.ts";
import type { StepContext } from "./step_context.ts";

/*
 * What must compile, and what must not: the directives fail the check of this file where nothing is wrong below them.
 * Nothing here is run; what is said of misuse is looked at in `builder_messages_test.ts`.
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
  function beginnings() {
    start.startWith(() => 5).output("total");
    start.startWith({ type: "shell" });
    // @ts-expect-error: a class without run
    start.startWith(class {});
    // @ts-expect-error: a class for other data
    start.startWith(OtherData);
    // @ts-expect-error: there is a step already
    steps.startWith(Charge);
    // @ts-expect-error: a branch begins with a verb like any other
    start.saga((b) => b.startWith(Charge));
  },
  function functions() {
    start.thenFn((ctx) => ctx.data.total).output("total");
    start.thenFn(() => ExecutionResult.next());
    // @ts-expect-error: the data has no such key
    start.thenFn((ctx) => ctx.data.price);
    // @ts-expect-error: a class is no function of ctx
    start.thenFn(Charge);
    // @ts-expect-error: a step of an executor is no function of ctx
    start.thenFn({ type: "shell" });
    // @ts-expect-error: what is returned has no JSON form
    start.thenFn(() => new Map());
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
  function waits() {
    start.waitFor("paid", "1", { timeout: "1m", onTimeout: (b) => b.endWorkflow(), since: new Date() });
    start.waitFor("paid", (data) => data.total, { timeout: 500, since: (data) => data.total });
    start.delay("1s").delay(5).delay((data) => data.total).delay(() => "5m");
    // @ts-expect-error: a wait needs a key
    start.waitFor("paid");
    // @ts-expect-error: a length of time is no date
    start.waitFor("paid", "1", { timeout: new Date() });
    // @ts-expect-error: a time is no text
    start.waitFor("paid", "1", { since: "yesterday" });
    // @ts-expect-error: an empty branch
    start.waitFor("paid", "1", { onTimeout: (b) => b });
    // @ts-expect-error: in the branch the data is the same
    start.waitFor("paid", "1", { onTimeout: (b) => b.then((ctx) => ctx.data.price) });
    // @ts-expect-error: a delay is a length of time
    start.delay(true);
    // @ts-expect-error: a delay is a length of time
    start.delay((data) => data.items);
  },
  function options() {
    const branch = (b: BranchBuilder<Order>) => b.then(work);
    start.parallel((p) => p.branch(branch), { wait: "any", errors: "wait" });
    start.saga(branch, { then: "continue" });
    start.forEach((data) => data.items, branch, { sequential: true, results: false, errors: "cancel" });
    // @ts-expect-error: no such way to wait
    start.parallel((p) => p.branch(branch), { wait: "first" });
    // @ts-expect-error: no such consequence
    start.parallel((p) => p.branch(branch), { errors: "ignore" });
    // @ts-expect-error: a saga that is undone has failed or goes on
    start.saga(branch, { then: "retry" });
    // @ts-expect-error: so many at a time, as a number
    start.forEach((data) => data.items, branch, { concurrency: "3" });
    // @ts-expect-error: whether the flow goes on is true or false
    steps.cancelWhen(() => true, { proceed: "yes" });
    // @ts-expect-error: a length of time, as a number or text
    steps.compensateWith(work, { timeout: true });
    // @ts-expect-error: no such option
    steps.compensateWith(work, { retries: 3 });
    // @ts-expect-error: no such history
    new WorkflowBuilder<Order>({ history: "none" });
    new WorkflowBuilder<Order>({ history: { last: 3 }, onError: ErrorBehavior.fail() });
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
    start.decide(() => 1).outcome(1, (b) => b.attach("Charge"));
    // @ts-expect-error: a step is named by its id or name
    steps.attach(1);
    // @ts-expect-error: an outcome that leads on comes to its end there
    start.decide(() => 1).outcome(1, (b) => b.attach("Charge").then(work));
    // @ts-expect-error: a workflow has a version
    steps.build("order");
    // @ts-expect-error: a version is a number
    steps.build("order", "1.0");
    // @ts-expect-error: a definition cannot be changed
    steps.build("order", 1).version = 2;
    // @ts-expect-error: nor can its steps
    steps.build("order", 1).steps.push({ key: "x", type: "code" });
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
    // @ts-expect-error: a name is text
    steps.name(7);
    // @ts-expect-error: an id is text
    steps.id(7);
    // @ts-expect-error: a mark is text
    steps.rev(2);
    // @ts-expect-error: a length of time, as a number or text
    steps.timeout({ seconds: 5 });
    // @ts-expect-error: a policy is made by ErrorBehavior
    steps.onError("retry");
    // @ts-expect-error: a retry counts in numbers
    steps.onError(ErrorBehavior.retry({ maxRetries: "3" }));
    // @ts-expect-error: an undo for other data
    steps.compensateWith(OtherData);
    // @ts-expect-error: a condition is true or false
    steps.cancelWhen((data) => data.total);
    // @ts-expect-error: an asynchronous condition would always hold
    steps.cancelWhen(async () => await true);
    // @ts-expect-error: only a body asks for branches
    start.delay("1s").do((b) => b.then(work));
    // @ts-expect-error: an empty branch
    steps.do((b) => b);
    isType<StepBuilder<Order, { charged: number }>>()(() =>
      steps.name("n").id("i").rev("r").timeout(5).onError(ErrorBehavior.suspend()).compensateWith(work)
        .cancelWhen(() => true).input(() => 1).output(() => ({})).do((b) => b.then(work))
    );
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
  equal(unused.length, 13);
});
