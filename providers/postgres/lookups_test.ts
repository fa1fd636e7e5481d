/** How much is read for what an engine does, whatever the planner believes of the tables. */
import assert from "node:assert/strict";
import type { InstanceState } from "../../src/instance/instance_state.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import {
  advance,
  assertCommitted,
  claimBy,
  newRun,
  park,
  sleep,
  stored,
  succeed,
} from "../../src/testing/persistence/scene.ts";
import type { PostgresClient } from "./client.ts";
import { PostgresProvider } from "./persistence.ts";
import { Schema } from "./schema.ts";
import { dropSchema, newSchema, runSql, testClient, testPostgres } from "./testing_postgres.ts";

const clock = new ManualClock();
const host = "host";
/** Each test has its own: what others have deleted would be read as well. */
let schema: Schema;

/** Rows of each kind that were there before: a reading of them all would show. */
const many = 2_000;
/** Runs that wait for the same event. */
const crowd = 1_200;

/** What the planner may believe, and how it comes to that. */
const beliefs: Readonly<Record<string, (client: PostgresClient) => Promise<unknown>>> = {
  "nothing is known of the tables": () => lie(-1, 0),
  "the tables are as good as empty": () => lie(1, 1_000),
  "the tables are large": () => lie(1_000_000, 1),
  "all is known": () =>
    runSql(
      schema.sql("ANALYZE @wfe_instance, @wfe_data, @wfe_pointer, @wfe_event, @wfe_mail, @wfe_subscription"),
    ),
};

for (const [belief, make] of Object.entries(beliefs)) {
  testPostgres(`no more is read than is needed where ${belief}`, async () => {
    await using at = await opened();
    await fill();
    await make(at.client);
    await readsFew(at);
  });
}

testPostgres(
  "no more is read than is needed by plans that were made while the tables were empty",
  async () => {
    await using at = await opened();
    await lie(0, 0);
    // Often enough for plans that are kept.
    for (let turn = 0; turn < 6; turn++) await work(at.store, `early-${turn}`);
    await at.store.publish({ name: "paid", key: "early", data: 1, time: null, messageId: "early" });
    await fill();
    await readsFew(at);
  },
);

testPostgres("no function that hosts call is compiled by the server", async () => {
  await using _ = await opened();
  const compiled = await runSql<{ readonly proname: string }>(`
    SELECT proname FROM pg_proc
    WHERE pronamespace = '"${schema.name}"'::regnamespace AND 'jit=off' <> ALL (coalesce(proconfig, '{}'))
    ORDER BY proname`);
  const calledByOthers =
    /wfe_(add_event|catch_up|change_waits|delete_pointers|first_event|fold|lock_events|lock_waiting|mail_waiting|refuse_change|state)$/;
  assert.deepEqual(compiled.map(({ proname }) => proname).filter((name) => !calledByOthers.test(name)), []);
});

interface Opened {
  /** The only connection of the store. */
  readonly client: PostgresClient;
  readonly store: PostgresProvider;
}

async function opened(): Promise<Opened & AsyncDisposable> {
  await using open = new AsyncDisposableStack();
  schema = new Schema(newSchema());
  open.defer(() => dropSchema(schema.name));
  // As the provider's own.
  const client = open.use(testClient({ connection: { enable_seqscan: "off", jit: "off" } }));
  const store = open.use(await PostgresProvider.from(client, { clock, schema: schema.name, listen: false }));
  await store.saveDefinition(stored);
  await store.renewHost({ incarnation: host, pid: 1 }, 1_000_000);
  const close = open.move();
  return { client, store, [Symbol.asyncDispose]: () => close.disposeAsync() };
}

/**
 * Ended runs with all that belongs to such, a run of which much has happened, and a crowd of runs that wait for an event of
 * which there were many.
 */
async function fill(): Promise<void> {
  const run = `
    INSERT INTO @wfe_instance (
      id, definition, epoch, sequence, status, inbox_read, next_pointer, attempt, crashes, created_at, ended_at)`;
  const key = "(SELECT min(key) FROM @wfe_definition)";
  await runSql(schema.sql(`
    ${run} SELECT 'old-' || n, ${key}, 1, 3, 'Complete', 0, 4, 1, 0, n, n FROM generate_series(1, ${many}) AS n;
    ${run} SELECT 'wait-' || n, ${key}, 1, 3, 'Runnable', 0, 4, 1, 0, n, NULL FROM generate_series(1, ${crowd}) AS n;
    ${run} VALUES ('long', ${key}, 1, 3, 'Runnable', 0, ${many + 2}, 1, 0, 1, NULL);
    INSERT INTO @wfe_data (run, data, input_hash) SELECT id, '{}', '' FROM @wfe_instance ON CONFLICT DO NOTHING;
    INSERT INTO @wfe_pointer (run, id, step_key, parent, branch, status, open, attempt, failures, ended_at)
    SELECT 'old-' || n, p, 'a', 1, 0, 'Complete', false, 1, 0, n
    FROM generate_series(1, ${many}) AS n, generate_series(1, 3) AS p;
    INSERT INTO @wfe_pointer (run, id, step_key, parent, branch, status, open, attempt, failures, started_at, ended_at)
    SELECT 'long', 1, 'a', NULL, 0, 'Running', true, 1, 0, 1, NULL UNION ALL
    SELECT 'long', p + 1, 'b', 1, p, 'Complete', false, 1, 0, 1, 1 FROM generate_series(1, ${many}) AS p;
    INSERT INTO @wfe_event (name, key, time, latest, published_at, message_id)
    SELECT 'paid', 'k', n, n, n, n::text FROM generate_series(1, ${many}) AS n;
    INSERT INTO @wfe_subscription (run, pointer, name, key, since)
    SELECT 'wait-' || n, 1, 'paid', 'k', ${many + 1} FROM generate_series(1, ${crowd}) AS n;
    INSERT INTO @wfe_cursor (run, name, key, seq)
    SELECT 'wait-' || n, 'paid', 'k', (SELECT min(seq) FROM @wfe_event WHERE key = 'k') FROM generate_series(1, ${crowd}) AS n;
    INSERT INTO @wfe_mail (run, seq, kind, event, at)
    SELECT 'old-' || n, 1, 'event', (SELECT max(seq) FROM @wfe_event), 1 FROM generate_series(1, ${many}) AS n;
    INSERT INTO @wfe_log (run, pointer, attempt, stream, text, at)
    SELECT 'old-' || n, 1, 1, 'stdout', 'x', 1 FROM generate_series(1, ${many}) AS n;
    INSERT INTO @wfe_note (run, pointer, attempt, text, at)
    SELECT 'old-' || n, 1, 1, 'x', 1 FROM generate_series(1, ${many}) AS n;
    INSERT INTO @wfe_sink (name, kind, position) VALUES ('runs', 'runs', 0) ON CONFLICT DO NOTHING;
    INSERT INTO @wfe_dirty (sink, run, created_at, sequence)
    SELECT 'runs', 'old-' || n, n, 3 FROM generate_series(1, ${many}) AS n;
    SELECT pg_stat_force_next_flush()`));
}

/** What the planner takes for true until the statistics are renewed. */
async function lie(rows: number, pages: number): Promise<void> {
  await runSql(`
    UPDATE pg_class SET reltuples = ${rows}, relpages = ${pages}
    WHERE relnamespace = '"${schema.name}"'::regnamespace AND relkind = 'r'`);
}

async function readsFew({ client, store }: Opened): Promise<void> {
  const before = await rowsRead(client);
  await work(store, "run");
  await store.change("long", (state) => sleep({ clock }, state, 9_000));
  await store.change(
    "long",
    (state) => advance({ clock }, state, (change) => change.fold({ parent: 1, branch: 7 })),
  );
  assert.equal((await store.lastCompleted("long", "b", [{ parent: 1, branch: 8 }]))?.id, 9);
  const afterWork = await rowsRead(client);
  assertFew(difference(before, afterWork), 500);
  const batch = Array.from({ length: 100 }, (_, n) => `old-${n + 100}`);
  assert.equal((await store.summaries(batch)).size, batch.length);
  const afterBatch = await rowsRead(client);
  assertFew(difference(afterWork, afterBatch), 10 * batch.length);
  const { woken } = await store.publish({ name: "paid", key: "k", data: 1, time: null, messageId: "m" });
  let reached = woken.length;
  for (let more = [...woken]; more.length > 0; reached += more.length) more = [...await store.fanOut(1_000)];
  assert.equal(reached, crowd);
  assertFew(difference(afterBatch, await rowsRead(client)), 20 * crowd);
}

/** What hosts do with single runs. */
async function work(store: PostgresProvider, name: string): Promise<void> {
  const owned = { owner: host };
  const ids = [1, 2, 3].map((n) => `${name}-${n}`) as [string, string, string];
  const states: InstanceState[] = [];
  for (const id of ids) {
    const { state, transition } = newRun(clock, id, { ...owned, idempotencyKey: id });
    await store.create(transition);
    states.push(state);
  }
  assertCommitted(await store.commit(states.map((state) => succeed({ clock }, state).transition)));
  await store.change(ids[0], (state) => sleep({ clock }, state, 0));
  await store.change(ids[1], (state) => park({ clock }, state, "no code"));
  await store.unpark(stored.hash);
  await store.send(ids[2], { kind: "suspend", reason: null });
  assert.ok((await store.unread(host)).includes(ids[2]));
  assert.equal((await store.mail(ids[2], 0)).length, 1);
  const claim = { incarnation: host, limit: 1, crashes: { from: 0, to: 9 }, take: claimBy(clock, host) };
  assert.equal((await store.claim(claim)).length, 1);
  assert.equal((await store.claim({ ...claim, only: ids })).length, 1);
  const waiting = newRun(clock, `${name}-4`, owned, (change) => {
    const { id } = change.create({ stepKey: "a", parent: null, branch: 0, item: null });
    const wait = { name: "paid", key: "k", since: clock.now() };
    change.movePointer(id, "Waiting", { wait });
    change.subscribe(id, wait);
  });
  await store.create(waiting.transition);
  await store.change(`${name}-4`, (state) =>
    advance({ clock }, state, (change) => {
      change.unsubscribe(1);
      change.movePointer(1, "Cancelled");
    }));
  await store.publish({ name: "other", key: name, data: 1, time: null, messageId: `other ${name}` });
  await store.appendLog([{ runId: ids[0], pointerId: 1, attempt: 1, stream: "stdout", text: "x", at: 0 }]);
  await store.readLog(ids[0], { limit: 9 });
  await store.putNotes([{
    runId: ids[2],
    createdAt: 0,
    epoch: 1,
    pointerId: 1,
    attempt: 1,
    text: "x",
    at: 0,
  }]);
  await store.notes(ids);
  await store.get(ids[0]);
  await store.list({ limit: 3 });
  await store.pointers(ids[0]);
  await store.epochs(ids);
  await store.summaries(ids);
  await store.ownerOf(ids[0]);
  await store.lastCompleted(ids[0], "a", []);
  await store.nextDue({ only: ids });
  await store.clearDirty("runs", await store.readDirty("runs", 9, name));
  await store.purge({ endedBefore: 10 }, 1);
  await store.forgetEvents(2, 1);
}

/** How many rows were read of each table and by each index, as the session of `client` has counted. */
async function rowsRead(client: PostgresClient): Promise<Record<string, number>> {
  await client.unsafe("SELECT pg_stat_force_next_flush()");
  const rows = await client.unsafe(`
    SELECT indexrelname AS name, idx_tup_read::integer AS count FROM pg_stat_user_indexes WHERE schemaname = '${schema.name}'
    UNION ALL
    SELECT relname, seq_tup_read::integer FROM pg_stat_user_tables WHERE schemaname = '${schema.name}'`);
  return Object.fromEntries(
    (rows as { name: string; count: number }[]).map(({ name, count }) => [name, count]),
  );
}

function difference(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  const counts = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

function assertFew(read: Record<string, number>, most: number): void {
  const sum = Object.values(read).reduce((sum, count) => sum + count, 0);
  assert.ok(sum <= most, `${sum} rows were read, ${most} at most are needed: ${JSON.stringify(read)}`);
}
