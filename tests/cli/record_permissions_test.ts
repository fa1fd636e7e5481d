import { deepEqual, equal, match } from "node:assert/strict";
import { parse, stringify } from "yaml";
import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import { type Finished, wfeArguments, type Workshop, workshop } from "./wfe.ts";

interface Step {
  readonly name: string;
  readonly type: string;
  readonly config: { readonly script: string; readonly permissions?: ScriptPermissions };
}

const steps = (port: number): readonly Step[] => [
  {
    name: "Collect",
    type: "deno",
    config: {
      script: `const rows = JSON.parse(Deno.readTextFileSync("data/rows.json"));
const { factor } = await import("http://127.0.0.1:${port}/factor.ts");
const rest = await (await fetch("http://localhost:${port}/rest")).json();
Deno.mkdirSync("out", { recursive: true });
Deno.writeTextFileSync("out/label.txt", Deno.env.get("RECORD_LABEL") ?? "none");
for (const act of [() => Deno.hostname(), () => Deno.readTextFileSync("/etc/passwd")]) {
  try { act(); Wfe.setOutput("leak", true); } catch { /* It goes on without. */ }
}
Wfe.setOutput("sum", [...rows, ...rest].reduce((sum, row) => sum + row * factor, 0));`,
    },
  },
  { name: "Tell", type: "deno", config: { script: `Wfe.log("sum", Wfe.getData().sum);` } },
];

const yaml = (steps: readonly Step[]) => stringify({ workflow: { id: "record", version: 1, steps } });

function lastRecords({ stdout }: Finished): readonly Record<string, unknown>[] {
  return stdout.trimEnd().split("\n").slice(-2).map((line) => JSON.parse(line));
}

/** The flag that recording needs on top of those of the task `wfe`, and the arguments of a recorded run. */
async function record(shop: Workshop, kinds: string, ...more: readonly string[]): Promise<Finished> {
  const [run, ...others] = wfeArguments;
  const socket = `${Deno.realPathSync(shop.folder)}/.wfe/wfe.db.record`;
  const args = [
    run!,
    `--allow-net=unix:${socket}`,
    ...others,
    "run",
    "a.yaml",
    "--record-permissions",
    kinds,
    ...more,
  ];
  const command = new Deno.Command("deno", {
    args,
    cwd: shop.folder,
    env: { RECORD_LABEL: "x" },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** A server of what the scripts ask for. */
function serve() {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) =>
      url.endsWith("/rest") ? Response.json([3]) : new Response("export const factor: number = 2;", {
        headers: { "content-type": "application/typescript" },
      }),
  );
}

/** All ways to take one thing out of permissions. */
function oneLess(permissions: ScriptPermissions): ScriptPermissions[] {
  return Object.entries(permissions).flatMap(([key, value]) =>
    Array.isArray(value)
      ? value.map((item) => ({ ...permissions, [key]: value.filter((other) => other !== item) }))
      : [{ ...permissions, [key]: false }]
  );
}

Deno.test("a script runs under the permissions that were recorded, and under none less", async () => {
  await using server = serve();
  using shop = workshop({ "a.yaml": yaml(steps(server.addr.port)) });
  Deno.mkdirSync(`${shop.folder}/data`);
  shop.write("data/rows.json", "[1, 2]");
  const recorded = await record(shop, "net,read,write,env,dynamic_import");
  equal(recorded.code, 0, recorded.stdout);
  equal(shop.read("out/label.txt"), "x");
  match(
    recorded.stderr,
    /^warning: recording permissions: scripts are NOT in their sandbox in this run\. .*read all files/,
  );
  const piece: readonly Step[] = parse(
    recorded.stdout.slice(recorded.stdout.indexOf("# What each script step used")),
  );
  const { port } = server.addr;
  const permissions = {
    net: [`127.0.0.1:${port}`, `localhost:${port}`],
    read: ["data/rows.json"],
    write: ["out"],
    env: ["RECORD_LABEL"],
    dynamic_import: true,
  };
  deepEqual(piece, [{ name: "Collect", config: { permissions } }, {
    name: "Tell",
    config: { permissions: {} },
  }]);
  match(
    recorded.stdout,
    /# refused meanwhile: read "\/etc\/passwd"\n# refused meanwhile: sys "hostname"\n- name: Collect/,
  );
  equal(shop.read("a.yaml"), yaml(steps(port)));

  const run = async (permissions: ScriptPermissions) => {
    Deno.removeSync(`${shop.folder}/out`, { recursive: true });
    const given = steps(port).map((step) =>
      step.name === "Collect" ? { ...step, config: { ...step.config, permissions } } : step
    );
    shop.write("b.yaml", yaml(given));
    const finished = await shop.wfe("run", "b.yaml", "--output", "json");
    Deno.mkdirSync(`${shop.folder}/out`, { recursive: true });
    return finished;
  };
  const same = await run(piece[0]!.config.permissions!);
  deepEqual([same.code, lastRecords(same)[1]!.data], [0, { sum: 12 }], same.stdout);
  const less = oneLess(permissions);
  equal(less.length, 6);
  for (const fewer of less) {
    const { code, stdout } = await run(fewer);
    equal(code, 1, JSON.stringify(fewer));
    match(stdout, /To allow it: permissions: /, JSON.stringify(fewer));
  }
});

Deno.test("a recorded script uses no more than the kinds that are named, and what its step has", async () => {
  await using server = serve();
  const { port } = server.addr;
  const [collect] = steps(port);
  const script = `
const tell = async (name, act) => { try { await act(); Wfe.setOutput(name, "done"); } catch (e) { Wfe.setOutput(name, e.message); } };
await tell("own", () => fetch("http://localhost:${port}/rest"));
await tell("other", () => fetch("http://127.0.0.1:${port}/rest"));
await tell("read", () => Deno.readTextFile("a.yaml"));
await tell("database", () => Deno.readFile(".wfe/wfe.db"));
await tell("outside", () => Deno.readTextFile("/etc/passwd"));
await tell("link", () => Deno.readTextFile("link"));
await tell("all", () => Deno.env.toObject());
await tell("run", () => new Deno.Command("true").output());
await tell("import", () => import("http://localhost:${port}/factor.ts"));
await tell("write", () => Deno.writeTextFile("b", ""));`;
  const permissions = { net: [`localhost:${port}`], write: ["b"] };
  using shop = workshop({ "a.yaml": yaml([{ ...collect!, config: { script, permissions } }]) });
  Deno.symlinkSync("/etc/passwd", `${shop.folder}/link`);
  const recorded = await record(shop, "read", "--output", "json");
  const [list, last] = lastRecords(recorded);
  const { own, read, write, ...refused } = last!.data as Record<string, string>;
  deepEqual([own, read, write], ["done", "done", "done"], recorded.stdout);
  deepEqual(Object.keys(refused).sort(), ["all", "database", "import", "link", "other", "outside", "run"]);
  for (const message of Object.values(refused)) {
    match(message, /^(?:TypeError: )?Requires .* access|remote specifier/);
  }
  deepEqual(list!.type, "permissions");
  deepEqual((list!.steps as Record<string, unknown>[])[0]!.permissions, {
    net: [`localhost:${port}`],
    read: ["a.yaml"],
    write: ["b"],
  });
});

Deno.test("recording names the flag that it lacks, and what it does not know", async () => {
  using shop = workshop({ "a.yaml": yaml(steps(1).slice(1)) });
  const unknown = await shop.wfe("run", "a.yaml", "--record-permissions", "net,all");
  equal(unknown.code, 2);
  match(
    unknown.stderr,
    /Cannot record the permission "all": name what scripts may use meanwhile, one or more of net, /,
  );
  const { code, stdout } = await shop.wfe("run", "a.yaml", "--record-permissions", "net");
  equal(code, 1);
  match(
    stdout,
    /Cannot run scripts: recording permissions needs a socket; start the engine with --allow-net=unix:\S+\/\.wfe\/wfe\.db\.record/,
  );
  match(stdout, /# The run is not complete/);
});
