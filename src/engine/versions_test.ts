/** What happens to runs and definitions when the program changes between two starts of it. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import type { StoredDefinition } from "../definition/hash.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { MigrationError, RevisionRefusedError, RunStateError } from "./errors.ts";
import {
  door,
  soon,
  startHost,
  startHostWith,
  turns,
  untilAborted,
  whatIsSaid,
  wrapped,
} from "./testing_host.ts";

type Note = (what: string) => void;

/** The same id and version, with other steps. */
function steps(note: Note, ...names: readonly string[]): WorkflowDefinition {
  const [first, ...others] = names as [string, ...string[]];
  return others.reduce(
    (chain, name) => chain.then(() => note(name)).name(name),
    new WorkflowBuilder().startWith(() => note(first)).name(first),
  ).build("changing", 1);
}

/** A run that stands before its second step: its host is stopped while the first runs. */
async function stopped(store: MemoryPersistence, second: (note: Note) => WorkflowDefinition) {
  const ran: string[] = [];
  const { reached, open, pass } = door();
  const definition = new WorkflowBuilder().startWith(pass).name("One").then(() => void ran.push("old Two"))
    .name("Two").build("changing", 1);
  const host = await startHost(store, definition);
  const { id } = await host.startWorkflow("changing");
  await reached;
  const stopping = host.stop();
  open();
  await stopping;
  deepEqual((await store.pointers(id)).map(({ stepKey, status }) => `${stepKey} ${status}`), [
    "One Complete",
    "Two Pending",
  ]);
  return { id, ran, changed: second((what) => void ran.push(what)) };
}

Deno.test("a revision: new runs take the new content, those under way keep theirs; one warning", async () => {
  await using store = new MemoryPersistence();
  const { id, ran, changed } = await stopped(store, (note) => steps(note, "One", "Between", "Two"));
  await using host = await startHost(store, changed);
  const said = await whatIsSaid("warn", async () => {
    await host.getHandle(id).result();
    deepEqual(ran, ["Two"], "the old wiring with the code that is registered now");
    const runs = await Promise.all([1, 2, 3].map(() => host.startWorkflow("changing")));
    await Promise.all(runs.map((run) => run.result()));
  });
  equal(ran.filter((step) => step === "Between").length, 3);
  equal(said.length, 1);
  match(String(said[0]), /Workflow "changing" version 1 has changed: new runs take the new content/);
  equal((await store.getRevisions("changing", 1)).length, 2);
});

Deno.test("a step that was renamed or removed parks its runs and is named; they go on when it is back", async () => {
  await using store = new MemoryPersistence();
  const { id, ran, changed } = await stopped(store, (note) => steps(note, "One", "Second"));
  const host = await startHost(store, changed);
  const { parkedReason, status } = await host.getHandle(id).atRest();
  equal(status, "Runnable");
  match(parkedReason!, /step "Two" of workflow "changing" version 1 has no body in this program/);
  await host.stop();
  await using back = await startHost(store, steps((what) => void ran.push(what), "One", "Two", "Second"));
  await back.getHandle(id).result();
  deepEqual(ran, ["Two"]);
});

Deno.test("a host that lacks one step's code still runs the others up to it", async () => {
  await using store = new MemoryPersistence();
  const ran: string[] = [];
  const note = (what: string) => void ran.push(what);
  const { reached, open, pass } = door();
  const old = new WorkflowBuilder().startWith(pass).name("One").then(() => {}).name("Two").then(() => {})
    .name("Gone").build("changing", 1);
  const first = await startHost(store, old);
  const runs = [await first.startWorkflow("changing"), await first.startWorkflow("changing")];
  await reached;
  const stopping = first.stop();
  open();
  await stopping;
  await using host = await startHost(store, steps(note, "One", "Two"));
  for (const { id } of runs) {
    const { parkedReason } = await soon(host.getHandle(id).atRest());
    match(parkedReason!, /step "Gone"/);
  }
  deepEqual(ran, ["Two", "Two"]);
});

Deno.test("a parked run can be cancelled, terminated and suspended by a host that lacks its code", async () => {
  await using store = new MemoryPersistence();
  const definition = steps(() => {}, "One");
  const starter = await startHostWith({ persistence: store, limits: { runs: 1, steps: 1, stepsOfRun: 1 } });
  starter.registerWorkflow(definition);
  await starter.stop();
  const ids = [];
  for (let count = 0; count < 3; count++) ids.push((await starter.startWorkflow("changing")).id);
  await using host = await startHost(store);
  const [one, two, three] = ids.map((id) => host.getHandle(id));
  await soon(one!.atRest());
  await host.cancelWorkflow(one!.id);
  await host.terminateWorkflow(two!.id);
  await host.suspendWorkflow(three!.id);
  equal((await soon(one!.atRest())).status, "Cancelled");
  equal((await soon(two!.atRest())).status, "Terminated");
  equal((await soon(three!.atRest())).status, "Suspended");
});

Deno.test("versions: strict refuses to start what has changed without a new version", async () => {
  await using store = new MemoryPersistence();
  const { id, ran, changed } = await stopped(store, (note) => steps(note, "One", "Two", "Three"));
  await using host = await startHostWith({ persistence: store, versions: "strict" }, changed);
  await rejects(host.startWorkflow("changing"), (error: Error) => {
    ok(error instanceof RevisionRefusedError);
    match(error.message, /the store has another content of it; raise the version/);
    return true;
  });
  await rejects(host.migrateWorkflow(id), RevisionRefusedError);
  await host.getHandle(id).result();
  deepEqual(ran, ["Two"], "a run under way goes on all the same");
  const raised: WorkflowDefinition = new WorkflowBuilder().startWith(() => {}).name("One").build(
    "changing",
    2,
  );
  host.registerWorkflow(raised);
  await (await host.startWorkflow("changing")).result();
  await rejects(host.startWorkflow("changing", {}, { version: 1 }), RevisionRefusedError);
});

/** A store whose definitions are written for another version of the engine. */
function ofOtherRules(store: MemoryPersistence) {
  let reads = 0;
  const persistence = wrapped(store, "getDefinition", async (call) => {
    reads++;
    return { ...await call() as StoredDefinition, rules: 999 };
  });
  return { persistence, reads: () => reads };
}

Deno.test("a definition that is written by rules unknown here parks its runs, at no cost, whatever is sent", async () => {
  await using store = new MemoryPersistence();
  const { id, changed } = await stopped(store, (note) => steps(note, "One", "Two", "Three"));
  const { persistence, reads } = ofOtherRules(store);
  await using host = await startHost(persistence, changed);
  const run = host.getHandle(id);
  match(
    (await soon(run.atRest())).parkedReason!,
    /follows wiring rules 999, this version of the engine knows 1/,
  );
  await host.resumeWorkflow(id);
  await turns(20);
  const before = reads();
  await turns(50);
  equal(reads(), before, "a message to it keeps nobody busy");
  await host.terminateWorkflow(id, "not for us");
  const { status, reason } = await soon(run.atRest());
  deepEqual([status, reason], ["Terminated", "not for us"]);
  await rejects(host.retryWorkflow(id), /Cannot retry run .*: its definition follows wiring rules 999/);
});

Deno.test("migrateWorkflow moves a run to the newest content of its version", async () => {
  await using store = new MemoryPersistence();
  const { id, ran, changed } = await stopped(store, (note) => steps(note, "One", "Two", "Three"));
  await using host = await startHostWith({ persistence: store, ownRunsOnly: true }, changed);
  const told: string[] = [];
  host.onEvent(({ type }) => told.push(type));
  await whatIsSaid("warn", () => host.migrateWorkflow(id));
  await host.getHandle(id).result();
  deepEqual(ran, ["Two", "Three"]);
  equal(told[0], "WorkflowMigrated");
  const [newest] = await store.getRevisions("changing", 1);
  equal((await store.get(id))?.definitionHash, newest?.hash);
});

Deno.test("migrateWorkflow refuses where a step that is open is not to be found, and changes nothing", async () => {
  await using store = new MemoryPersistence();
  const { id, changed } = await stopped(store, (note) => steps(note, "One", "Second"));
  await using host = await startHostWith({ persistence: store, ownRunsOnly: true }, changed);
  const before = await store.get(id);
  await whatIsSaid("warn", () =>
    rejects(host.migrateWorkflow(id), (error: Error) => {
      ok(error instanceof MigrationError);
      match(error.message, /step "Two", where it stands, is not in version 1/);
      return true;
    }));
  deepEqual(await store.get(id), before);
  await rejects(host.migrateWorkflow(id, { version: 7 }), /registered are changing/);
  await rejects(host.migrateWorkflow("nobody"), /Cannot find a run/);
});

Deno.test("migrateWorkflow interrupts the step that runs, which starts again under the new definition", async () => {
  await using store = new MemoryPersistence();
  const reached = Promise.withResolvers<void>();
  const ran: string[] = [];
  const one = new WorkflowBuilder().startWith((ctx) => {
    ran.push(`version ${ctx.workflow.version}, attempt ${ctx.attempt}`);
    reached.resolve();
    return untilAborted(ctx);
  }).name("One").onError(ErrorBehavior.fail()).build("changing", 1);
  const two = new WorkflowBuilder().startWith((ctx) => {
    ran.push(`version ${ctx.workflow.version}, attempt ${ctx.attempt}`);
  }).name("One").then(() => void ran.push("Two")).name("Two").build("changing", 2);
  await using host = await startHost(store, one, two);
  const run = await host.startWorkflow("changing", {}, { version: 1 });
  await reached.promise;
  await host.migrateWorkflow(run.id, { version: 2 });
  await run.result();
  deepEqual(ran, ["version 1, attempt 1", "version 2, attempt 2", "Two"]);
  equal((await store.get(run.id))?.version, 2);
  await rejects(host.migrateWorkflow(run.id, { version: 1 }), RunStateError);
});

Deno.test("registerStep gives code to steps that a definition names by type, and wakes what was parked for it", async () => {
  await using store = new MemoryPersistence();
  const definition: WorkflowDefinition = new WorkflowBuilder()
    .startWith({ type: "greet", config: { greeting: "Hello" } }).name("Greet")
    .then(async (ctx) => ctx.set({ said: await ctx.output("Greet") })).name("Keep").build("typed", 1);
  await using host = await startHost(store, definition);
  const run = await host.startWorkflow("typed", { name: "Ada" });
  match((await run.atRest()).parkedReason!, /no executor is set up for step "Greet" of type "greet"/);
  host.registerStep(
    "greet",
    class {
      run(ctx: { readonly step: { readonly config?: unknown }; readonly data: unknown }) {
        const { greeting } = ctx.step.config as { greeting: string };
        return `${greeting} ${(ctx.data as { name: string }).name}`;
      }
    },
  );
  deepEqual(await soon(run.result()), { name: "Ada", said: "Hello Ada" });
});
