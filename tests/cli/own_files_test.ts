import { deepEqual, equal, match } from "node:assert/strict";
import { workshop } from "./wfe.ts";

/** A script that may read and write the working folder; it tells what became of each attempt at the engine's files. */
const workflow = `workflow:
  id: greedy
  version: 1
  steps:
    - name: Grab
      type: deno
      config:
        permissions: { read: ["."], write: ["."] }
        script: |
          const db = \${{ var.db }};
          const attempts = {
            read: () => Deno.readFileSync(db),
            log: () => Deno.readFileSync(db + "-wal"),
            write: () => Deno.writeTextFileSync(db, ""),
            link: () => Deno.linkSync(db, "link"),
            copy: () => Deno.copyFileSync(db, "copy"),
            move: () => Deno.renameSync(db, "moved"),
            replace: () => Deno.renameSync("note.txt", db),
            steps: () => Array.from(Deno.readDirSync(db + ".steps")),
            folder: () => Deno.renameSync(db.split("/")[0], "folder"),
            remove: () => Deno.removeSync(db.split("/")[0], { recursive: true }),
            open: () => new (process.getBuiltinModule("sqlite").DatabaseSync)(db),
          };
          for (const [name, attempt] of Object.entries(attempts)) {
            try {
              attempt();
              Wfe.log(name);
            } catch (error) {
              if (!/^Requires \\w+ access/.test(error.message)) throw error;
            }
          }
          Wfe.setOutput("note", Deno.readTextFileSync("note.txt"));
          Wfe.setOutput("list", Array.from(Deno.readDirSync("."), ({ name }) => name).includes("note.txt"));
          Deno.mkdirSync("data");
`;

for (const db of [".wfe/wfe.db", "runs.db"]) {
  Deno.test(`a script with a grant of the whole working folder reaches no file of the database ${db} there`, async () => {
    using place = workshop({ "flow.yaml": workflow, "note.txt": "mine" });
    const run = await place.wfe("run", "flow.yaml", "--var", `db=${db}`, "--db", db, "--run-id", "one");
    equal(run.code, 0, run.stdout + run.stderr);
    equal((await place.wfe("logs", "one", "--db", db)).stdout, "");
    const { steps } = JSON.parse((await place.wfe("show", "one", "--db", db, "--output", "json")).stdout);
    deepEqual(steps[0].output, { note: "mine", list: true });
  });
}

Deno.test("a step cannot be granted the engine's own files", async () => {
  using place = workshop({ "flow.yaml": workflow.replace('read: ["."]', 'read: [".wfe"]') });
  const { code, stdout } = await place.wfe("run", "flow.yaml", "--var", "db=x");
  equal(code, 1);
  match(stdout, /Cannot grant read to a script: the engine's own files stay closed to scripts/);
});
