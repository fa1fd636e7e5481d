import assert from "node:assert/strict";
import { WorkflowBuilder, WorkflowHostBuilder } from "../../mod.ts";
import type { InstanceState } from "../../src/instance/instance_state.ts";
import type { StoreProblem } from "../../src/provider/errors.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import {
  advance,
  assertCommitted,
  claimBy,
  newRun,
  release,
  stored,
  succeed,
  ttl,
} from "../../src/testing/persistence/scene.ts";
import type { PostgresOptions } from "./options.ts";
import { PostgresProvider } from "./persistence.ts";
import {
  dropSchema,
  newSchema,
  runSql,
  SharedSchema,
  testClient,
  testPostgres,
  testUrl,
} from "./testing_postgres.ts";
import { Proxy } from "../testing_proxy.ts";

const schema = new SharedSchema();
const clock = new ManualClock();

interface Started {
  readonly store: PostgresProvider;
  readonly state: InstanceState;
}

/** A store with a run that a host owns. */
async function started(url: string, options: PostgresOptions = {}): Promise<Started> {
  const store = await PostgresProvider.open(url, { clock, schema: schema.name, listen: false, ...options });
  await store.saveDefinition(stored);
  await store.renewHost({ incarnation: "host", pid: 1 }, ttl);
  const { state, transition } = newRun(clock, crypto.randomUUID(), { owner: "host" });
  await store.create(transition);
  return { store, state };
}

/** Every refusal names what could not be done and, behind a semicolon, what helps. */
async function assertRefused(attempt: Promise<unknown>, problem: StoreProblem, words: RegExp): Promise<void> {
  await assert.rejects(attempt, (error: Error & { readonly code?: string; readonly problem?: string }) => {
    assert.deepEqual([error.code, error.problem], ["STORE", problem], error.message);
    assert.match(error.message, /^Cannot .+: .+; .+/s);
    assert.match(error.message, words);
    return true;
  });
}

testPostgres(
  "while the server ends one connection after the other, no run, step or event is lost or done twice",
  async () => {
    const runs = 30;
    const url = `${testUrl}?application_name=${schema.name.slice(0, 40)}`;
    await using store = await PostgresProvider.open(url, { schema: schema.name, maxConnections: 3 });
    const recorded = new Map<string, number>();
    let left = runs;
    const steps = new WorkflowBuilder<{ readonly n: number }>()
      .startWith((ctx) => ctx.update("n", (n) => n + 1)).name("One")
      .waitFor("go", (data) => String(data.n)).name("Wait")
      .then((ctx) => ctx.update("n", (n) => n + 1)).name("Two")
      .delay("5ms").name("Nap")
      .then((ctx) => ctx.update("n", (n) => n + 1)).name("Three")
      .build("steps", 1);
    await using host = new WorkflowHostBuilder().usePersistence(store).build();
    host.registerWorkflow(steps);
    host.onEvent(({ type, runId }) => {
      if (type === "StepCompleted") recorded.set(runId, (recorded.get(runId) ?? 0) + 1);
      if (type === "WorkflowCompleted") left--;
    });
    await host.start();
    let ended = 0;
    const terminate = async () => {
      await using client = testClient();
      while (left > 0) {
        const rows = await client.unsafe(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND application_name = '${schema.name.slice(0, 40)}'
         ORDER BY random() LIMIT 1`,
        );
        ended += rows.length;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const killing = terminate();
    // Each with an id and a message id of its own, so that to try again is to do it once.
    const start = async (n: number) => {
      const runId = `run-${n}`;
      const again = <Result>(action: () => Promise<Result>): Promise<Result> =>
        action().catch((error) => error.retryable ? again(action) : Promise.reject(error));
      const run = await again(() =>
        host.startWorkflow<{ n: number }>("steps", { n }, { idempotencyKey: runId })
      );
      await again(() => host.publishEvent("go", String(n + 1), null, { messageId: runId }));
      return await run.result();
    };
    const results = await Promise.all(Array.from({ length: runs }, (_, n) => start(n))).finally(async () => {
      left = 0;
      await killing;
    });
    assert.deepEqual(results.map(({ n }) => n), Array.from({ length: runs }, (_, n) => n + 3));
    assert.ok(ended >= 3, `${ended} connections were ended`);
    for (const { id } of await store.list({ limit: 100 })) {
      const pointers = await store.pointers(id);
      assert.deepEqual(pointers.map(({ status }) => status), pointers.map(() => "Complete"), id);
      assert.equal(pointers.length, 5, id);
    }
    await schema.clean();
  },
);

testPostgres(
  "a server that is away for a while is found again, and what was asked meanwhile is done",
  async () => {
    await using proxy = new Proxy(testUrl);
    const { store, state } = await started(proxy.url);
    await using _ = store;
    proxy.mode = "refuse";
    proxy.cut();
    const committing = store.commit([succeed({ clock }, state).transition]);
    const reading = store.get(state.instance.id);
    await new Promise((resolve) => setTimeout(resolve, 100));
    proxy.mode = "pass";
    assertCommitted(await committing);
    assert.equal((await reading)?.id, state.instance.id);
  },
);

testPostgres("what waits to be tried again ends with the store", async () => {
  await using proxy = new Proxy(testUrl);
  const { store, state } = await started(proxy.url);
  proxy.mode = "refuse";
  proxy.cut();
  let isOver = false;
  // As one of a closed store, or, where it was just being tried, of the broken connection.
  const reading = assert.rejects(store.get(state.instance.id), { code: "STORE" }).finally(() =>
    isOver = true
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  await store[Symbol.asyncDispose]();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(isOver, true);
  await reading;
});

testPostgres("a server that stays away is an error of the store within the time that was given", async () => {
  await using proxy = new Proxy(testUrl);
  const { store, state } = await started(proxy.url, { busyTimeout: 200 });
  await using _ = store;
  proxy.mode = "refuse";
  proxy.cut();
  await assertRefused(store.get(state.instance.id), "io", /connection to the server broke|cannot be reached/);
  await assertRefused(store.commit([succeed({ clock }, state).transition]), "io", /Cannot commit/);
  const attempt = PostgresProvider.open("postgres://postgres@127.0.0.1:1/postgres", { busyTimeout: 0 });
  await assertRefused(attempt, "io", /cannot be reached/);
});

testPostgres("a commit whose answer is lost is found to be written, and is not written twice", async () => {
  await using proxy = new Proxy(testUrl);
  const { store, state } = await started(proxy.url);
  await using _ = store;
  const first = succeed({ clock }, state, { output: "first" });
  const second = succeed({ clock }, first.state, { output: "second" });
  // Once, so that the statement is known and its call is one packet.
  assertCommitted(await store.commit([first.transition]));
  proxy.mode = "deaf";
  proxy.onSent = async () => {
    await using other = testClient();
    const written =
      `SELECT 1 FROM "${schema.name}".wfe_instance WHERE id = '${state.instance.id}' AND sequence = 3`;
    while ((await other.unsafe(written)).length === 0);
    proxy.onSent = () => {};
    proxy.mode = "pass";
    proxy.cut();
  };
  assertCommitted(await store.commit([second.transition]));
  const outputs = (await store.pointers(state.instance.id)).map(({ output }) => output);
  assert.deepEqual(outputs, ["first", "second", null]);
  const [again] = await store.commit([{ ...second.transition }]);
  assert.equal(again?.committed, false);
});

testPostgres(
  "a claim whose answer is lost says that it may be written, so that its runs are looked after",
  async () => {
    await using proxy = new Proxy(testUrl);
    const { store } = await started(proxy.url);
    await using _ = store;
    const { transition } = newRun(clock, "free");
    await store.create(transition);
    proxy.onSending = (text) => {
      if (text.includes("commit")) proxy.mode = "deaf";
    };
    proxy.onSent = async () => {
      if (proxy.mode === "pass") return;
      proxy.onSent = proxy.onSending = () => {};
      await using other = testClient();
      const owned = `SELECT 1 FROM "${schema.name}".wfe_instance WHERE id = 'free' AND owner = 'host'`;
      while ((await other.unsafe(owned)).length === 0);
      proxy.mode = "pass";
      proxy.cut();
    };
    const claiming = store.claim({
      incarnation: "host",
      limit: 1,
      crashes: { from: 0, to: 9 },
      take: claimBy(clock, "host"),
    });
    await assertRefused(claiming, "io", /it may be written all the same/);
    assert.equal((await store.get("free"))?.owner, "host");
  },
);

testPostgres(
  "a claim of named runs whose answer is lost holds where it was written, and not where another host was quicker",
  async () => {
    await using proxy = new Proxy(testUrl);
    const { store } = await started(proxy.url);
    await using _ = store;
    await using other = await PostgresProvider.open(testUrl, { clock, schema: schema.name, listen: false });
    await other.renewHost({ incarnation: "other", pid: 2 }, ttl);
    const claim = (by: PostgresProvider, incarnation: string) =>
      by.claim({
        incarnation,
        limit: 1,
        only: ["named"],
        crashes: { from: 0, to: 9 },
        take: claimBy(clock, incarnation),
      });
    const onClaim = (act: () => void) => {
      proxy.onSending = (text) => {
        if (!text.includes("epoch_before")) return;
        proxy.onSending = () => {};
        act();
      };
    };
    const first = newRun(clock, "named");
    await store.create(first.transition);
    onClaim(() => {
      proxy.mode = "deaf";
      proxy.onSent = async () => {
        proxy.onSent = () => {};
        while ((await other.get("named"))?.owner === null);
        proxy.mode = "pass";
        proxy.cut();
      };
    });
    const [claimed] = await claim(store, "host");
    assert.equal(claimed?.state.instance.owner, "host");
    assert.deepEqual(await claim(other, "other"), []);

    assertCommitted(await store.commit([release({ clock }, claimed.state).transition]));
    const quicker = Promise.withResolvers<void>();
    onClaim(() => {
      proxy.mode = "refuse";
      proxy.cut();
      claim(other, "other").then((advances) => {
        assert.equal(advances.length, 1);
        proxy.mode = "pass";
      }).then(quicker.resolve, quicker.reject);
    });
    assert.deepEqual(await claim(store, "host"), []);
    await quicker.promise;
    assert.equal((await store.get("named"))?.owner, "other");
  },
);

testPostgres("what may have been done and must not be done twice says so", async () => {
  await using proxy = new Proxy(testUrl);
  const { store, state } = await started(proxy.url);
  await using _ = store;
  proxy.mode = "deaf";
  proxy.onSent = () => {
    proxy.mode = "pass";
    proxy.onSent = () => {};
    proxy.cut();
  };
  const sending = store.send(state.instance.id, { kind: "suspend", reason: null });
  await assertRefused(sending, "io", /it may be written all the same/);
});

testPostgres("a server that does not answer is given up, and another connection is tried", async () => {
  await using proxy = new Proxy(testUrl);
  // Time for two tries that nobody answers, and more.
  const { store, state } = await started(proxy.url, { statementTimeout: 1_000, busyTimeout: 60_000 });
  await using _ = store;
  proxy.mode = "freeze";
  const reading = store.get(state.instance.id);
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  proxy.mode = "pass";
  assert.equal((await reading)?.id, state.instance.id);
});

testPostgres(
  "a row that another transaction keeps locked is an error of the store, and nothing is lost",
  async () => {
    const { store, state } = await started(testUrl, { lockTimeout: 30, busyTimeout: 60 });
    await using _ = store;
    const { transition } = succeed({ clock }, state);
    await using other = testClient();
    await other.begin(async (locked) => {
      await locked.unsafe(`SELECT 1 FROM "${schema.name}".wfe_instance WHERE id = $1 FOR UPDATE`, [
        state.instance.id,
      ]);
      await assertRefused(store.commit([transition]), "busy", /another transaction is in the way/);
    });
    assertCommitted(await store.commit([transition]));
  },
);

testPostgres(
  "a server that takes no writes is an error that passes, for a failover may be under way",
  async () => {
    await PostgresProvider.open(testUrl, { schema: schema.name }).then((store) =>
      store[Symbol.asyncDispose]()
    );
    const url = `${testUrl}?default_transaction_read_only=on`;
    await using store = await PostgresProvider.open(url, { schema: schema.name, clock, busyTimeout: 50 });
    assert.equal(await store.get("unknown"), null);
    await assertRefused(store.saveDefinition({ ...stored, hash: "other" }), "io", /takes no writes/);
  },
);

testPostgres(
  "a database that does not exist, a schema that was dropped and a URL of something else are named",
  async () => {
    const other = testUrl.replace(/postgres$/, "none_such");
    await assertRefused(PostgresProvider.open(other), "missing", /no such database/);
    await assertRefused(PostgresProvider.open("mysql://host/app"), "unsupported", /postgres:\/\//);
    const dropped = newSchema();
    await using store = await PostgresProvider.open(testUrl, { schema: dropped, listen: false });
    await dropSchema(dropped);
    await assertRefused(store.get("run"), "missing", /no such database, schema or table/);
  },
);

testPostgres("of several servers, those that cannot be reached are passed by", async () => {
  // Nobody listens there.
  const away = (more: string) => testUrl.replace("127.0.0.1:5433", `127.0.0.1:1,127.0.0.1:${more}`);
  await using _ = await PostgresProvider.open(away("5433"), { schema: schema.name });
  await assertRefused(PostgresProvider.open(away("2"), { busyTimeout: 0 }), "io", /cannot be reached/);
});

testPostgres("a server without connections left is an error that passes", async () => {
  const role = `test_${crypto.randomUUID().slice(0, 8)}`;
  await runSql(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 1`);
  try {
    await using _ = await (async () => {
      const client = testClient({ username: role });
      await client.unsafe("SELECT 1");
      return client;
    })();
    const url = testUrl.replace("postgres@", `${role}@`);
    await assertRefused(
      PostgresProvider.open(url, { busyTimeout: 30 }),
      "busy",
      /no connection or memory left/,
    );
  } finally {
    await runSql(`DROP ROLE ${role}`);
  }
});

testPostgres("a user who may not is refused, and the message says what to check", async () => {
  const role = `test_${crypto.randomUUID().slice(0, 8)}`;
  await runSql(`CREATE ROLE ${role} LOGIN`);
  try {
    const url = testUrl.replace("postgres@", `${role}@`);
    await assertRefused(PostgresProvider.open(url, { schema: "test_denied" }), "denied", /GRANTs/);
  } finally {
    await runSql(`DROP ROLE ${role}`);
  }
});

testPostgres(
  "a store is refused whose server acknowledges before it has flushed, unless that is asked for",
  async () => {
    const url = `${testUrl}?synchronous_commit=off`;
    await assertRefused(
      PostgresProvider.open(url, { schema: schema.name }),
      "unsupported",
      /synchronous_commit is off/,
    );
    const options = { schema: schema.name, durability: "process" } as const;
    await using _ = await PostgresProvider.open(url, options);
  },
);

testPostgres(
  "a wait that begins while its event is published gets it, whatever isolation is usual",
  async () => {
    const role = `test_${crypto.randomUUID().slice(0, 8)}`;
    await runSql(`
    CREATE ROLE ${role} LOGIN SUPERUSER;
    ALTER ROLE ${role} SET default_transaction_isolation = 'repeatable read'`);
    try {
      const { store, state: { instance: { id } } } = await started(testUrl.replace("postgres@", `${role}@`));
      await using _ = store;
      await using publisher = testClient();
      await publisher.unsafe("BEGIN");
      await publisher.unsafe(`SELECT "${schema.name}".wfe_publish(
      '[{"name": "paid", "key": "k", "time": ${clock.now()}, "data": 1}]', '[["paid", "k", true]]', ${clock.now()}, true)`);
      const waiting = store.change(id, (state) =>
        advance({ clock }, state, (change) => {
          const wait = { name: "paid", key: "k", since: clock.now() };
          change.movePointer(1, "Waiting", { wait });
          change.subscribe(1, wait);
        }));
      const blocked = `SELECT 1 FROM pg_stat_activity WHERE usename = '${role}' AND wait_event = 'advisory'`;
      while ((await runSql(blocked)).length === 0);
      await publisher.unsafe("COMMIT");
      await waiting;
      assert.equal((await store.mail(id, 0)).length, 1);
    } finally {
      await runSql(`REASSIGN OWNED BY ${role} TO postgres; DROP ROLE ${role}`);
    }
  },
);

testPostgres(
  "connections are refused on which a transaction does not see what others have committed meanwhile",
  async () => {
    const isolation = "repeatable read";
    const words = /default_transaction_isolation is repeatable read/;
    const url = `${testUrl}?default_transaction_isolation=${encodeURIComponent(isolation)}`;
    await assertRefused(PostgresProvider.open(url, { schema: schema.name }), "unsupported", words);
    await using client = testClient({ connection: { default_transaction_isolation: isolation } });
    await assertRefused(PostgresProvider.from(client, { schema: schema.name }), "unsupported", words);
  },
);

testPostgres("a parameter of the URL that nobody knows is named", async () => {
  const attempt = PostgresProvider.open(`${testUrl}?channel_binding=require`);
  await assertRefused(attempt, "unsupported", /parameter "channel_binding"\); take out of the URL/);
});

testPostgres("a database is refused that cannot keep every text", async () => {
  const name = `test_${crypto.randomUUID().slice(0, 8)}`;
  await runSql(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
  try {
    const url = testUrl.replace(/postgres$/, name);
    await assertRefused(PostgresProvider.open(url), "unsupported", /encoding is LATIN1/);
  } finally {
    await runSql(`DROP DATABASE ${name} WITH (FORCE)`);
  }
});

testPostgres("a missing permission is named by its flag", async () => {
  const program = `
    import { PostgresProvider } from "${import.meta.resolve("./mod.ts")}";
    const store = await PostgresProvider.open("${testUrl}", { schema: "${schema.name}" })
      .catch((error) => console.log(error.problem, error.message));
    await store?.[Symbol.asyncDispose]();`;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const args = [
    "run",
    "--no-prompt",
    `--config=${config}`,
    `data:application/typescript,${encodeURIComponent(program)}`,
  ];
  const { stdout } = await new Deno.Command("deno", { args, env: { NO_COLOR: "1" } }).output();
  const text = new TextDecoder().decode(stdout);
  assert.match(text, /^denied Cannot open .*grant --allow-net=127\.0\.0\.1:5433/);
  // Nothing else is needed, not the environment either: the URL says all.
  const allowed = ["run", "--allow-net=127.0.0.1:5433", ...args.slice(1)];
  const enough = await new Deno.Command("deno", { args: allowed, env: { NO_COLOR: "1" } }).output();
  assert.equal(enough.code, 0, new TextDecoder().decode(enough.stderr));
});
