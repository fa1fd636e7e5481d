import { equal, match } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { main } from "../../cli/mod.ts";
import { recordingIo } from "../../cli/testing_io.ts";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";
import { pipeline, workshop } from "./wfe.ts";

Deno.test("a database that is full stops the command with a clear word, and loses no run", async () => {
  using shop = workshop();
  shop.write(
    "noisy.yaml",
    pipeline({ Quiet: "echo one", Noisy: "head -c 300000 /dev/zero | tr '\\0' x | fold -w 80" }),
  );
  const path = `${shop.folder}/wfe.db`;
  const wfe = async (pages: number, ...args: string[]) => {
    const io = recordingIo();
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const openStore = () => SqliteProvider.from(database);
    const code = await main([...args, "--db", path], { io, openStore, storePatience: 300 });
    database.close();
    return { code, text: io.stdout.text + io.stderr.text };
  };

  await wfe(10_000, "runs");
  const { page_count: pages } = new DatabaseSync(path).prepare("PRAGMA page_count").get() as {
    page_count: number;
  };
  const stopped = await wfe(pages + 10, "run", `${shop.folder}/noisy.yaml`, "--run-id", "noisy");
  equal(stopped.code, 1, stopped.text);
  match(stopped.text, /The store is in trouble: .*full/);
  match(stopped.text, /Continue with: wfe resume noisy --db /);

  const resumed = await wfe(10_000, "resume", "noisy");
  equal(resumed.code, 0, resumed.text);
  match(resumed.text, /pipeline complete/);
});
