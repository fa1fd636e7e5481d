import { deepEqual, equal } from "node:assert/strict";
import { MemoryPersistence } from "../memory/persistence.ts";
import { StoreError } from "../provider/errors.ts";
import type { NewNote, Persistence } from "../provider/persistence.ts";
import { ManualClock } from "../testing/manual_clock.ts";
import { Listeners } from "./listeners.ts";
import { NoteWriter, type StepNote } from "./note_writer.ts";
import { StoreRetry } from "./store_retry.ts";
import { turns } from "./testing_host.ts";

/** A writer, and the groups of notes that its store was given: `run text`. */
interface Scene extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly writer: NoteWriter;
  readonly retry: StoreRetry;
  readonly written: readonly (readonly string[])[];
  /** What listeners heard. */
  readonly told: readonly StepNote[];
  /** Takes a note. */
  readonly say: (text: string, runId?: string) => void;
  /** Lets time pass, with what follows. */
  readonly pass: (milliseconds: number) => Promise<void>;
}

/** `answer` is what the store answers to a write, which does nothing else. */
function scene(answer: () => Promise<void> = () => Promise.resolve()): Scene {
  const clock = new ManualClock();
  const written: string[][] = [];
  const memory = new MemoryPersistence({ clock });
  const store: Persistence = Object.assign(memory, {
    putNotes(notes: readonly NewNote[]): Promise<void> {
      written.push(notes.map(({ runId, text }) => `${runId} ${text}`));
      return answer();
    },
  });
  const retry = new StoreRetry(clock, new Listeners<StoreError>());
  const listeners = new Listeners<StepNote>();
  const told: StepNote[] = [];
  listeners.add((note) => void told.push(note));
  const writer = new NoteWriter(store, clock, retry, listeners);
  return {
    clock,
    writer,
    retry,
    written,
    told,
    say: (text, runId = "run") =>
      writer.write(
        { runId, createdAt: 0, epoch: 1, pointerId: 1, attempt: 1, text, at: clock.now() },
        "Send",
      ),
    pass: async (milliseconds) => {
      clock.advance(milliseconds);
      await turns(1);
    },
    [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
  };
}

Deno.test("NoteWriter stores the last note of each run, in one write a second later", async () => {
  await using it = scene();
  for (let n = 0; n < 1_000; n++) {
    it.say(`${n}`);
    it.say(`${n}`, "other");
  }
  await it.pass(999);
  deepEqual(it.written, []);
  await it.pass(1);
  deepEqual(it.written, [["run 999", "other 999"]]);
  await it.pass(60_000);
  equal(it.written.length, 1);
  equal(it.clock.nextTimer(), null);
});

Deno.test("NoteWriter tells listeners of every note at once", async () => {
  await using it = scene();
  it.say("1 of 2");
  it.say("2 of 2", "other");
  const at = it.clock.now();
  deepEqual(it.told, [
    { runId: "run", stepKey: "Send", pointerId: 1, attempt: 1, text: "1 of 2", at },
    { runId: "other", stepKey: "Send", pointerId: 1, attempt: 1, text: "2 of 2", at },
  ]);
  deepEqual(it.written, []);
});

Deno.test("NoteWriter writes once a second while there is something new", async () => {
  await using it = scene();
  for (let tenth = 0; tenth < 50; tenth++) {
    it.say(`${tenth}`);
    await it.pass(100);
  }
  deepEqual(it.written, [["run 9"], ["run 19"], ["run 29"], ["run 39"], ["run 49"]]);
});

Deno.test("NoteWriter waits for a slow store, and gives it then what is newest", async () => {
  const slow = Promise.withResolvers<void>();
  await using it = scene(() => slow.promise);
  it.say("first");
  await it.pass(1_000);
  for (const text of ["second", "third"]) {
    it.say(text);
    await it.pass(5_000);
  }
  deepEqual(it.written, [["run first"]]);
  slow.resolve();
  await it.pass(999);
  deepEqual(it.written, [["run first"]]);
  await it.pass(1_000);
  deepEqual(it.written, [["run first"], ["run third"]]);
});

Deno.test("NoteWriter tries again while the store is in trouble, and goes on when it has lost a note", async () => {
  const troubles = [new StoreError("busy", "busy"), new StoreError("read-only", "read-only")];
  await using it = scene(() => {
    const trouble = troubles.shift();
    return trouble ? Promise.reject(trouble) : Promise.resolve();
  });
  it.say("lost");
  await it.pass(1_000);
  await it.pass(1_000);
  deepEqual(it.written, [["run lost"], ["run lost"]]);
  it.say("kept");
  await it.pass(1_000);
  deepEqual(it.written.at(-1), ["run kept"]);
  equal(it.written.length, 3);
});

Deno.test("NoteWriter.forget() drops what an attempt has said, if it is not stored, and nothing else", async () => {
  await using it = scene();
  it.say("gone");
  it.say("kept", "other");
  it.writer.forget("run", { id: 1, attempt: 1 });
  for (const other of [{ id: 2, attempt: 1 }, { id: 1, attempt: 2 }]) it.writer.forget("other", other);
  it.writer.forget("unknown", { id: 1, attempt: 1 });
  await it.pass(1_000);
  deepEqual(it.written, [["other kept"]]);
});

Deno.test("NoteWriter.flush() stores what there is at once, behind the write that is under way", async () => {
  const slow = Promise.withResolvers<void>();
  await using it = scene(() => slow.promise);
  await it.writer.flush();
  deepEqual(it.written, []);
  it.say("first");
  await it.pass(1_000);
  it.say("second");
  const flushed = it.writer.flush();
  await it.pass(0);
  equal(it.written.length, 1);
  slow.resolve();
  await flushed;
  deepEqual(it.written, [["run first"], ["run second"]]);
  await it.pass(60_000);
  equal(it.written.length, 2);
});
