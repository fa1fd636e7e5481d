import { deepEqual } from "node:assert/strict";
import { eventually, shell, startDeno } from "../processes.ts";

const deadline = 60_000;
const program = new URL("stopping_host.ts", import.meta.url).pathname;

Deno.test("a process that is stopped and goes on, again and again, takes its run to its end: none is quarantined", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "wfe-stopped-" });
  const attempts = () =>
    Deno.readTextFile(`${folder}/attempts`).then((text) => text.split("\n").length - 1, () => 0);
  const child = startDeno(program, [folder], { flags: ["--allow-read", "--allow-write"] });
  const output = child.output().then(({ stdout }) => new TextDecoder().decode(stdout));
  try {
    await eventually(async () => await attempts() > 0, deadline, "the first attempt");
    for (let stops = 1; stops <= 4; stops++) {
      child.kill("SIGSTOP");
      // A busy machine may have stopped it as well, for as long.
      const before = await attempts();
      await new Promise((resolve) => setTimeout(resolve, 500));
      child.kill("SIGCONT");
      await eventually(async () => await attempts() > before, deadline, `the attempt after stop ${stops}`);
    }
    await Deno.writeTextFile(`${folder}/go`, "");
    deepEqual(JSON.parse(await output), { status: "Complete", reason: null });
  } finally {
    await shell("kill -9 $1 2>/dev/null", String(child.pid));
    await output;
    await Deno.remove(folder, { recursive: true });
  }
});
