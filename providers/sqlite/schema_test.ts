import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { definition, newRun, stored } from "../../src/testing/persistence/scene.ts";
import { SqliteProvider } from "./persistence.ts";

Deno.test("the schema refuses states that cannot be", async () => {
  using database = new DatabaseSync(":memory:");
  const clock = new ManualClock();
  await using store = await SqliteProvider.from(database, { clock });
  await store.saveDefinition(stored);
  const start = newRun(clock, "run", { definition }, (change) => {
    for (const status of ["Running", "Running"] as const) {
      change.create({ stepKey: "a", parent: null, branch: 0, item: null, status });
    }
  });
  await store.create(start.transition);
  const refused = [
    "UPDATE wfe_instance SET status = 'Done'",
    "UPDATE wfe_instance SET status = 'Complete'",
    "UPDATE wfe_instance SET status = 'Suspended'",
    "UPDATE wfe_instance SET ended_at = 1",
    "UPDATE wfe_instance SET status = 'Complete', ended_at = 1, next_wake = NULL",
    "UPDATE wfe_instance SET parked_reason = 'x'",
    "UPDATE wfe_instance SET owner = 'nobody'",
    "UPDATE wfe_instance SET inbox_read = 1",
    "UPDATE wfe_instance SET epoch = -1",
    "UPDATE wfe_instance SET crashes = -1",
    "UPDATE wfe_instance SET definition = 99",
    "UPDATE wfe_pointer SET status = 'Complete'",
    "UPDATE wfe_pointer SET status = 'Done'",
    "UPDATE wfe_pointer SET open = 0",
    "UPDATE wfe_pointer SET run = 99",
    "UPDATE wfe_pointer SET status = 'Sleeping'",
    "UPDATE wfe_pointer SET attempt = 'many'",
    "DELETE FROM wfe_definition",
    "INSERT INTO wfe_mail (run, seq, kind, at) VALUES (1, 1, 'event', 0)",
    "INSERT INTO wfe_mail (run, seq, kind, event, at) VALUES (1, 1, 'event', 1, 0)",
    "INSERT INTO wfe_mail (run, seq, kind, at) VALUES (99, 1, 'cancel', 0)",
    "INSERT INTO wfe_event (name, key, time, latest, published_at) VALUES ('e', 'k', 2, 1, 0)",
    "INSERT INTO wfe_fan_out (event, position) VALUES (1, 0)",
    "INSERT INTO wfe_subscription (run, pointer, name, key, since) VALUES (99, 1, 'e', 'k', 0)",
    "INSERT INTO wfe_sink (name, position, host) VALUES ('s', 0, 'nobody')",
  ];
  for (const sql of refused) assert.throws(() => database.prepare(sql).run(), /constraint|cannot store/, sql);
});

Deno.test("a recorded result never changes; what failed or was cut short may be opened again", async () => {
  using database = new DatabaseSync(":memory:");
  const clock = new ManualClock();
  await using store = await SqliteProvider.from(database, { clock });
  await store.saveDefinition(stored);
  await store.create(newRun(clock, "run", { definition }).transition);
  const settle = (status: string) =>
    database.exec(`
      DELETE FROM wfe_pointer;
      INSERT INTO wfe_pointer (run, id, step_key, branch, status, open, attempt, failures, output, ended_at)
      VALUES (1, 1, 'a', 0, '${status}', 1, 1, 0, '"result"', 1)`);
  const open = "UPDATE wfe_pointer SET status = 'Pending', ended_at = NULL";
  for (const status of ["Complete", "Failed", "Skipped", "Cancelled", "Compensated"]) {
    settle(status);
    database.exec("UPDATE wfe_pointer SET open = 0, status = status, output = output");
    const refused = [
      "SET output = NULL",
      "SET error = '{}'",
      "SET status = 'Running', ended_at = NULL, open = 1",
    ];
    for (const change of refused) {
      assert.throws(() => database.exec(`UPDATE wfe_pointer ${change}`), /recorded/, `${status} ${change}`);
    }
    database.exec("UPDATE wfe_pointer SET open = 1");
    if (status === "Complete") assert.throws(() => database.exec(open), /recorded/);
    else database.exec(open);
  }
});

Deno.test("a message makes its run due and is counted, whoever writes it", async () => {
  using database = new DatabaseSync(":memory:");
  const clock = new ManualClock();
  await using store = await SqliteProvider.from(database, { clock });
  await store.saveDefinition(stored);
  await store.create(newRun(clock, "run", { definition }, () => {}).transition);
  database.exec("INSERT INTO wfe_mail (run, seq, kind, at) VALUES (1, 1, 'cancel', 7)");
  const { inboxSeq, nextWake } = (await store.get("run"))!;
  assert.deepEqual({ inboxSeq, nextWake }, { inboxSeq: 1, nextWake: 7 });
});
