import assert from "node:assert/strict";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { definition, newRun, stored } from "../../src/testing/persistence/scene.ts";
import { PostgresProvider } from "./persistence.ts";
import { SharedSchema, testClient, testPostgres, testUrl } from "./testing_postgres.ts";

const schema = new SharedSchema();
const clock = new ManualClock();

/** A store with a run that has two activations, and a way to change it behind the store's back. */
async function filled(): Promise<AsyncDisposable & { readonly exec: (sql: string) => Promise<unknown> }> {
  const store = await PostgresProvider.open(testUrl, { clock, schema: schema.name, listen: false });
  await store.saveDefinition(stored);
  const start = newRun(clock, "run", { definition }, (change) => {
    for (const status of ["Running", "Running"] as const) {
      change.create({ stepKey: "a", parent: null, branch: 0, item: null, status });
    }
  });
  await store.create(start.transition);
  const client = testClient();
  return {
    exec: async (sql) => await client.unsafe(sql.replaceAll("wfe_", `"${schema.name}".wfe_`)),
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await schema.clean();
    },
  };
}

testPostgres("the schema refuses states that cannot be", async () => {
  await using store = await filled();
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
    "UPDATE wfe_pointer SET open = false",
    "UPDATE wfe_pointer SET status = 'Sleeping'",
    "UPDATE wfe_pointer SET output = '{'",
    "DELETE FROM wfe_definition",
    "INSERT INTO wfe_mail (run, seq, kind, at) VALUES ('run', 1, 'event', 0)",
    "INSERT INTO wfe_mail (run, seq, kind, event, at) VALUES ('run', 1, 'event', 1, 0)",
    "INSERT INTO wfe_mail (run, seq, kind, at) VALUES ('other', 1, 'cancel', 0)",
    "INSERT INTO wfe_event (name, key, time, latest, published_at) VALUES ('e', 'k', 2, 1, 0)",
    "INSERT INTO wfe_fan_out (event, position) VALUES (1, 0)",
    "INSERT INTO wfe_subscription (run, pointer, name, key, since) VALUES ('other', 1, 'e', 'k', 0)",
    "INSERT INTO wfe_sink (name, position, host) VALUES ('s', 0, 'nobody')",
  ];
  for (const sql of refused) await assert.rejects(store.exec(sql), /violates|invalid input/, sql);
});

testPostgres(
  "a recorded result never changes; what failed or was cut short may be opened again",
  async () => {
    await using store = await filled();
    const open = "UPDATE wfe_pointer SET status = 'Pending', ended_at = NULL";
    for (const status of ["Complete", "Failed", "Skipped", "Cancelled", "Compensated"]) {
      await store.exec(`
      DELETE FROM wfe_pointer;
      INSERT INTO wfe_pointer (run, id, step_key, branch, status, open, attempt, failures, output, ended_at)
      VALUES ('run', 1, 'a', 0, '${status}', true, 1, 0, '"result"', 1)`);
      await store.exec("UPDATE wfe_pointer SET open = false, status = status, output = output");
      const refused = [
        "SET output = NULL",
        "SET error = '{}'",
        "SET status = 'Running', ended_at = NULL, open = true",
      ];
      for (const change of refused) {
        await assert.rejects(store.exec(`UPDATE wfe_pointer ${change}`), /recorded/, `${status} ${change}`);
      }
      await store.exec("UPDATE wfe_pointer SET open = true");
      if (status === "Complete") await assert.rejects(store.exec(open), /recorded/);
      else await store.exec(open);
    }
  },
);

testPostgres("JSON is kept as it was written, for SQL to read", async () => {
  await using store = await PostgresProvider.open(testUrl, { clock, schema: schema.name, listen: false });
  await store.saveDefinition(stored);
  const data = { z: 1e-300, a: [1.7976931348623157e308], "10": { b: "ä" } };
  await store.create(newRun(clock, "run", { data }).transition);
  await using client = testClient();
  const [row] = await client.unsafe(
    `SELECT data::text AS text, data -> '10' ->> 'b' AS b FROM "${schema.name}".wfe_data`,
  );
  assert.deepEqual({ ...row as object }, { text: JSON.stringify(data), b: "ä" });
  assert.deepEqual(Object.keys((await store.get("run"))!.data), Object.keys(data));
  await schema.clean();
});
