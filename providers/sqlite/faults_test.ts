import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { StoreProblem } from "../../src/provider/errors.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { ids, newRun, stored, succeed, ttl } from "../../src/testing/persistence/scene.ts";
import { SqliteProvider } from "./persistence.ts";
import { runProcess } from "./testdata/spawn.ts";

interface Folder extends Disposable {
  readonly folder: string;
  readonly path: string;
}

function temporary(): Folder {
  const folder = Deno.makeTempDirSync();
  return {
    folder,
    path: `${folder}/test.db`,
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

/** A database with a run in it, closed. */
async function filled(): Promise<Folder> {
  const folder = temporary();
  await using store = await SqliteProvider.open(folder.path);
  await store.saveDefinition(stored);
  await store.create(newRun(new ManualClock(), "run", { data: { text: "x".repeat(20_000) } }).transition);
  return folder;
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

Deno.test("a folder is refused", async () => {
  using at = temporary();
  await assertRefused(SqliteProvider.open(at.folder), "unsupported", /is a folder/);
});

Deno.test("an empty path, which SQLite takes for a file that is deleted at the end, is refused", async () => {
  await assertRefused(SqliteProvider.open(""), "missing", /path is empty/);
});

Deno.test("a folder that does not exist is named", async () => {
  using at = temporary();
  await assertRefused(SqliteProvider.open(`${at.folder}/none/test.db`), "missing", /folder exists/);
});

Deno.test("a file that is no database is refused and left as it is", async () => {
  using at = temporary();
  const text = "no database at all\n".repeat(500);
  await Deno.writeTextFile(at.path, text);
  await assertRefused(SqliteProvider.open(at.path), "corrupt", /no SQLite database/);
  assert.equal(await Deno.readTextFile(at.path), text);
});

Deno.test("a truncated database is refused and left as it is", async () => {
  using at = await filled();
  const { size } = await Deno.stat(at.path);
  await Deno.truncate(at.path, size - 8192);
  const before = await Deno.readFile(at.path);
  await assertRefused(SqliteProvider.open(at.path), "corrupt", /damaged/);
  assert.deepEqual(await Deno.readFile(at.path), before);
});

Deno.test("a damaged page is reported by what needs it, never mended", async () => {
  using at = await filled();
  const bytes = await Deno.readFile(at.path);
  for (let at = 4096; at < bytes.length; at++) bytes[at] = 0xa5;
  await Deno.writeFile(at.path, bytes);
  await assertRefused(
    (async () => {
      await using store = await SqliteProvider.open(at.path);
      await store.get("run");
    })(),
    "corrupt",
    /restore a backup/,
  );
});

Deno.test("a read-only database is refused", async () => {
  using at = await filled();
  using database = new DatabaseSync(at.path, { readOnly: true });
  await assertRefused(SqliteProvider.from(database), "read-only", /right to write/);
});

Deno.test("a database file without write permission of its user is refused", async (test) => {
  using at = await filled();
  await Deno.chmod(at.path, 0o444);
  const stillWritable = await Deno.open(at.path, { write: true }).then(
    (file) => (file.close(), true),
    () => false,
  );
  await test.step({
    name: "as a user who is bound by it",
    ignore: stillWritable,
    fn: () => assertRefused(SqliteProvider.open(at.path), "read-only", /right to write/),
  });
  if (stillWritable) console.log("skipped: root may write any file");
});

Deno.test("a full database loses nothing, and works again when there is room", async () => {
  using at = temporary();
  const clock = new ManualClock();
  using database = new DatabaseSync(at.path);
  await using store = await SqliteProvider.from(database, { clock });
  await store.saveDefinition(stored);
  await store.renewHost({ incarnation: "host", pid: 1 }, ttl);
  const { state } = newRun(clock, "owned", { owner: "host" });
  await store.create(newRun(clock, "owned", { owner: "host" }).transition);
  const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
  database.exec(`PRAGMA max_page_count = ${pages + 10}`);
  const data = { text: "x".repeat(10_000) };
  const acknowledged = ["owned"];
  const fill = async () => {
    for (;;) {
      const id = `run-${acknowledged.length}`;
      await store.create(newRun(clock, id, { data }).transition);
      acknowledged.push(id);
    }
  };
  await assertRefused(fill(), "full", /no room/);
  const big = succeed({ clock }, state, { output: "x".repeat(100_000) });
  await assertRefused(store.commit([big.transition]), "full", /no room/);
  assert.deepEqual(ids(await store.list({ limit: 100 })).sort(), acknowledged.sort());
  database.exec("PRAGMA max_page_count = 100000");
  assert.deepEqual(await store.commit([big.transition]), [{ committed: true, inboxSeq: 0, woken: [] }]);
});

Deno.test("a file that was deleted while it is open is noticed by the next heartbeat", async () => {
  using at = temporary();
  await using store = await SqliteProvider.open(at.path);
  const host = { incarnation: "host", pid: 1 };
  await store.renewHost(host, ttl);
  await Deno.remove(at.path);
  await assertRefused(store.renewHost(host, ttl), "missing", /deleted or replaced/);
  await assertRefused(store.saveDefinition(stored), "missing", /deleted or replaced/);
});

Deno.test("a file that was replaced while it is open is noticed by the next heartbeat", async () => {
  using at = temporary();
  await using store = await SqliteProvider.open(at.path);
  await Deno.copyFile(at.path, `${at.path}.copy`);
  await Deno.rename(`${at.path}.copy`, at.path);
  await assertRefused(
    store.renewHost({ incarnation: "host", pid: 1 }, ttl),
    "missing",
    /deleted or replaced/,
  );
});

Deno.test("a missing permission is named by its flag", async () => {
  using at = await filled();
  const read = `--allow-read=${at.path},${at.path}.hosts`;
  const none = await runProcess(at.path, "open", []);
  assert.match(none.stderr, /Cannot open: .*--allow-read flag; grant read and write access to .*test\.db/);
  const noWrite = await runProcess(at.path, "open", [read]);
  assert.match(
    noWrite.stderr,
    /Cannot open: .*--allow-write flag; grant read and write access to .*test\.db/,
  );
  const noLocks = await runProcess(at.path, "open", [read, `--allow-write=${at.path}`]);
  assert.match(
    noLocks.stderr,
    /Cannot renew a heartbeat: .*--allow-write flag; grant .* and ".*test\.db\.hosts"/,
  );
  const enough = await runProcess(at.path, "open", [read, `--allow-write=${at.path},${at.path}.hosts`]);
  assert.deepEqual(enough, { code: 0, stderr: "" });
});
