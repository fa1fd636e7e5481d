import { deepEqual, equal } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { claimInstance } from "./claim.ts";
import { mostCrashes } from "./quarantine.ts";
import { Scene } from "./testing_scene.ts";

const work = () => {};
const definition = new WorkflowBuilder().startWith(work).name("One").then(work).name("Two").build("two", 1);

/** A run that nobody owns yet. */
function free(): Scene {
  return new Scene(definition, { owned: false });
}

Deno.test("a host that has to look up the definition owns the run by its claim, and begins nothing", () => {
  const { state, moment, program } = free();
  const claimed = claimInstance(state, "host", null, moment).state;
  deepEqual([claimed.instance.owner, claimed.instance.epoch], ["host", 1]);
  deepEqual([...claimed.pointers].map(({ status, attempt }) => [status, attempt]), [["Pending", 0]]);
  equal([...claimInstance(state, "host", program, moment).state.pointers][0]?.status, "Running");
});

Deno.test("the death of a host is counted without the definition, too, and the third quarantines the run", () => {
  const scene = new Scene(definition);
  for (let crashes = 1; crashes <= mostCrashes; crashes++) {
    const { state } = scene.apply(claimInstance(scene.state, "other", null, scene.moment))!;
    deepEqual([state.instance.crashes, state.instance.owner], [crashes, null]);
    if (crashes < mostCrashes) {
      equal(state.instance.status, "Runnable");
      scene.claim();
    }
  }
  const { status, reason, nextWake } = scene.run;
  deepEqual([status, nextWake], ["Suspended", null]);
  equal(reason, 'quarantined: 3 hosts died in a row while it ran "One"');
  // A person has looked at it: its deaths are counted anew.
  scene.send("resume");
  deepEqual([scene.run.status, scene.run.crashes], ["Runnable", 0]);
  equal(scene.finish().run.status, "Complete");
});

Deno.test("a host that asks for pardon, for it had not died, takes its death back", () => {
  const scene = new Scene(definition);
  scene.crash();
  scene.claim();
  scene.send("pardon");
  deepEqual([scene.run.status, scene.run.crashes], ["Runnable", 0]);
  scene.send("pardon");
  deepEqual([scene.run.status, scene.run.crashes], ["Runnable", 0]);
});

Deno.test("a pardon lifts the quarantine that the death had brought about, and no other suspension", () => {
  const scene = new Scene(definition);
  for (let crashes = 0; crashes < mostCrashes; crashes++) {
    scene.crash();
    if (scene.run.status === "Runnable") scene.claim();
  }
  equal(scene.run.status, "Suspended");
  scene.send("pardon", "it lives");
  deepEqual([scene.run.status, scene.run.reason, scene.run.crashes], ["Runnable", null, mostCrashes - 1]);
  equal(scene.finish().run.status, "Complete");

  const byHand = new Scene(definition);
  byHand.crash();
  byHand.claim();
  byHand.send("suspend", "by hand");
  byHand.send("pardon");
  deepEqual([byHand.run.status, byHand.run.reason, byHand.run.crashes], ["Suspended", "by hand", 0]);
});

Deno.test("a death whose pardon is there already does not quarantine", () => {
  const scene = new Scene(definition);
  for (let crashes = 1; crashes < mostCrashes; crashes++) {
    scene.crash();
    scene.claim();
  }
  scene.store.send("pardon");
  const { moment, program, store } = scene;
  const claim = () => scene.apply(claimInstance(scene.state, "other", program, moment, store.mail(0)));
  claim();
  deepEqual([scene.run.status, scene.run.crashes], ["Runnable", mostCrashes]);
  claim();
  deepEqual([scene.run.status, scene.run.crashes], ["Runnable", mostCrashes - 1]);
});

Deno.test("a suspended run whose host dies stays what it is: nothing of it is to be gone on with", () => {
  const scene = new Scene(definition);
  for (let crashes = 0; crashes < mostCrashes - 1; crashes++) {
    scene.crash();
    scene.claim();
  }
  scene.send("suspend", "by hand");
  scene.crash();
  deepEqual([scene.run.status, scene.run.reason, scene.run.crashes], ["Suspended", "by hand", mostCrashes]);
});

Deno.test("a recorded step shows that the run does not kill its host", () => {
  const scene = new Scene(definition);
  scene.crash();
  scene.claim();
  equal(scene.run.crashes, 1);
  scene.settle();
  equal(scene.run.crashes, 0);
});

Deno.test("a claim reads the mail that it is given before anything begins", () => {
  const scene = free();
  scene.store.send("suspend", "first look");
  const mail = scene.store.mail(0);
  const { state, transition } = claimInstance(scene.store.read(), "host", scene.program, scene.moment, mail);
  deepEqual([state.instance.status, state.instance.reason, state.instance.inboxRead], [
    "Suspended",
    "first look",
    1,
  ]);
  equal([...state.pointers][0]?.status, "Pending");
  equal(transition.events.map(({ type }) => type).join(), "WorkflowSuspended");
});

Deno.test("a claim begins what is ready once the mail that it is given is read, if that leaves the run going", () => {
  const scene = free();
  scene.store.send("suspend");
  scene.store.send("resume");
  const { state } = claimInstance(
    scene.store.read(),
    "host",
    scene.program,
    scene.moment,
    scene.store.mail(0),
  );
  deepEqual([state.instance.status, [...state.pointers][0]?.status], ["Runnable", "Running"]);
});
