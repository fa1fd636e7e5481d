import assert from "node:assert/strict";
import { ScriptError, ScriptPermissionError } from "../script.ts";
import { runScript } from "../../tests/run_script.ts";
import { canaryJob } from "./job.ts";
import { readPermissions } from "./permissions.ts";
import { sandboxCommand, startSandbox } from "./sandbox.ts";

/** What a script must not do without a permission, and the remedy that its error names. */
const denied: [string, RegExp][] = [
  [`Deno.readTextFileSync("/etc/passwd")`, /permissions: \{ read: \["\/etc\/passwd"\] \}/],
  [`(await import("node:fs")).readFileSync("/etc/passwd")`, /permissions: \{ read: \["\/etc\/passwd"\] \}/],
  [
    `import text from "file:///etc/passwd" with { type: "text" }; Wfe.log(text)`,
    /permissions: \{ read: \["\/etc\/passwd"\] \}/,
  ],
  [`import json from "file:///etc/passwd" with { type: "json" }; Wfe.log(json)`, /read: \["\/etc\/passwd"\]/],
  [`import "file:///etc/hosts"`, /read: \["\/etc\/hosts"\]/],
  [`import { createRequire } from "node:module"; createRequire("/etc/")("./passwd")`, /read access/],
  [`Deno.writeTextFileSync("/tmp/pwned", "")`, /permissions: \{ write: \["\/tmp\/pwned"\] \}/],
  [`Deno.makeTempFileSync()`, /write access/],
  [`await fetch("http://example.com/")`, /permissions: \{ net: \["example.com"\] \}/],
  [`await fetch("http://127.0.0.1:8080/")`, /permissions: \{ net: \["127.0.0.1:8080"\] \}/],
  [`await Deno.connect({ hostname: "127.0.0.1", port: 22 })`, /net: \["127.0.0.1:22"\]/],
  [`new WebSocket("ws://example.com/")`, /net: \["example.com"\]/],
  [`await Deno.resolveDns("example.com", "A")`, /net access/],
  [`Deno.listen({ port: 0 })`, /net access/],
  [
    `await new Promise(async (done, fail) => (await import("node:net")).connect(81, "a.io", done).on("error", fail))`,
    /permissions: \{ net: \["a\.io"\] \}/,
  ],
  [
    `await new Promise(async (done, fail) => (await import("node:http")).get("http://a.io:81", done).on("error", fail))`,
    /net: \["a\.io"\]/,
  ],
  [
    `(await import("node:https")).get("https://a.io"); await new Promise(() => {})`,
    /net: \["a\.io"\]/,
  ],
  [`await (await import("node:dns/promises")).lookup("a.io")`, /net access to "a\.io".*net: \["a\.io"\]/],
  [
    `await (await import("node:dns/promises")).resolveMx("a.io")`,
    /net access to "\S+:53".*net: \["\S+:53"\]/,
  ],
  [
    `(await import("node:dns")).resolve4("a.io", (error) => { throw error; }); await new Promise(() => {})`,
    /net: \["\S+:53"\]/,
  ],
  [
    `new Worker("data:text/javascript,", { type: "module", deno: { permissions: { net: true } } })`,
    /pass on its own/,
  ],
  [`Deno.env.get("HOME")`, /permissions: \{ env: \["HOME"\] \}/],
  [`Deno.env.toObject()`, /Name each variable in env/],
  [`process.env.HOME + Object.keys(process.env)`, /env/],
  [`new Deno.Command("sh").spawn()`, /permissions: \{ run: true \}, which equals full rights/],
  [`(await import("node:child_process")).execSync("id")`, /env access/],
  [`Deno.kill(1, "SIGTERM")`, /run/],
  [`Deno.hostname()`, /No step can be given it/],
  [`(await import("node:os")).cpus()`, /No step can be given it/],
  [`Deno.dlopen("/lib/libc.so.6", {})`, /No step can be given it/],
  [`process.dlopen({}, "/lib/x.node")`, /No step can be given it/],
];

Deno.test("everything is denied, with the permission and the line to add", async (t) => {
  for (const [script, remedy] of denied) {
    await t.step(script, async () => {
      const { error } = await runScript(script);
      assert.ok(error instanceof ScriptError, `${error}`);
      assert.match(error.message, remedy);
      assert.equal(error.reason, "permission", error.message);
    });
  }
});

Deno.test("what a Worker of the script is denied is told of it, with the line to add", async (t) => {
  const inWorker = (code: string) =>
    `new Worker("data:text/javascript," + encodeURIComponent(\`${code}\`), { type: "module" }); await new Promise(() => {});`;
  const cases: [string, RegExp][] = [
    [inWorker(`Deno.readTextFileSync("/etc/passwd")`), /permissions: \{ read: \["\/etc\/passwd"\] \}/],
    [inWorker(`await fetch("http://a.io")`), /permissions: \{ net: \["a\.io"\] \}/],
    [inWorker(`import "https://a.io/x.js";`), /permissions: \{ net: \["a\.io"\], dynamic_import: true \}/],
    [
      `new Worker("file:///etc/passwd", { type: "module" }); await new Promise(() => {});`,
      /permissions: \{ read: \["\/etc\/passwd"\] \}/,
    ],
  ];
  for (const [script, remedy] of cases) {
    await t.step(script, async () => {
      const { error } = await runScript(script, { memory: 2 * 1024 ** 3 });
      assert.ok(error instanceof ScriptError, `${error}`);
      assert.match(error.message, remedy);
      assert.equal(error.reason, "permission", error.message);
    });
  }
  const { error } = await runScript(inWorker(`throw new RangeError("own")`), { memory: 2 * 1024 ** 3 });
  assert.equal((error as Error).message, "A Worker of the script failed: RangeError: own");
});

Deno.test("what is added keeps what is granted", async () => {
  const { error } = await runScript(`await fetch("https://b.io/")`, { permissions: { net: ["a.io"] } });
  assert.match((error as Error).message, /permissions: \{ net: \["a\.io","b\.io"\] \}/);
});

Deno.test("net reaches the hosts that are named and no others", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }): Response => {
      if (url.endsWith("/redirect")) return Response.redirect(`http://localhost:${new URL(url).port}/`);
      return new Response("here");
    },
  );
  const { port } = server.addr;
  const script = `
    const tell = async (name, url) => {
      try { Wfe.setOutput(name, await (await fetch(url)).text()); } catch (e) { Wfe.setOutput(name, e.name); }
    };
    await tell("address", "http://127.0.0.1:${port}/");
    await tell("name", "http://localhost:${port}/");
    await tell("redirect", "http://127.0.0.1:${port}/redirect");
    await tell("other", "http://127.0.0.1:${port - 1}/");`;
  const withAddress = await runScript(script, { permissions: { net: [`127.0.0.1:${port}`] } });
  const closed = { name: "NotCapable", redirect: "NotCapable", other: "NotCapable" };
  assert.deepEqual(withAddress.data, { address: "here", ...closed });
  const withName = await runScript(script, { permissions: { net: ["localhost"] } });
  assert.deepEqual(withName.data, { ...closed, address: "NotCapable", name: "here" });
});

Deno.test("a name that leads to a private address does not get there without a grant of the address", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("here"),
  );
  const directory = await Deno.makeTempDir();
  try {
    // Like any other name with such an address: without what a grant of localhost opens.
    const grant = { ...readPermissions({}, "/"), net: [{ flag: "localhost", opens: [] }] };
    const memory = 256 * 1024 ** 2;
    const sandbox = startSandbox(
      sandboxCommand({ grant, env: {}, memory, grace: 0, deno: Deno.execPath() }),
      directory,
    );
    sandbox.begin(canaryJob(`await fetch("http://localhost:${server.addr.port}/")`));
    const { report } = await sandbox.ended;
    assert.match(report?.kind === "failed" ? report.cause : "", /Requires net access to "127\.0\.0\.1/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("read and write reach the folders that are named and no others", async () => {
  const base = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.mkdir(`${base}/in`);
    await Deno.mkdir(`${base}/out`);
    await Deno.writeTextFile(`${base}/in/a`, "content");
    const { data, error } = await runScript(
      `
      const tell = (name, act) => { try { Wfe.setOutput(name, act() ?? "done"); } catch (e) { Wfe.setOutput(name, e.name); } };
      tell("read", () => Deno.readTextFileSync("${base}/in/a"));
      tell("write", () => Deno.writeTextFileSync("${base}/out/b", "new"));
      tell("readOut", () => Deno.readTextFileSync("${base}/out/b"));
      tell("writeIn", () => Deno.writeTextFileSync("${base}/in/a", "spoilt"));
      tell("above", () => Deno.readTextFileSync("${base}/in/../out/b"));
      tell("beside", () => Deno.readTextFileSync("${base}/in2"));
      tell("link", () => Deno.symlinkSync("/etc", "${base}/out/link"));
      tell("hardLink", () => Deno.linkSync("/etc/passwd", "${base}/out/link"));
      tell("rename", () => Deno.renameSync("${base}/in/a", "${base}/out/a"));`,
      { permissions: { read: [`${base}/in`], write: [`${base}/out`] } },
    );
    assert.equal(error, undefined);
    const refused = ["readOut", "writeIn", "above", "beside", "link", "hardLink", "rename"];
    assert.deepEqual(data, {
      read: "content",
      write: "done",
      ...Object.fromEntries(refused.map((name) => [name, "NotCapable"])),
    });
    assert.equal(await Deno.readTextFile(`${base}/in/a`), "content");
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});

Deno.test("a Worker that a script makes gets no more than the script", async () => {
  const nested = `
    const found = [];
    for (const act of [() => Deno.readTextFileSync("/etc/passwd"), () => Deno.env.get("HOME"), () => Deno.hostname()]) {
      try { act(); found.push("open"); } catch (e) { found.push(e.name); }
    }
    postMessage(found);`;
  const { data, error } = await runScript(
    `
    const ask = (options) => new Promise((resolve) => {
      try {
        const worker = new Worker("data:text/javascript," + encodeURIComponent(${
      JSON.stringify(nested)
    }), { type: "module", ...options });
        worker.onmessage = (e) => resolve(e.data);
        worker.onerror = (e) => { e.preventDefault(); resolve([e.message]); };
      } catch (e) { resolve([e.name]); }
    });
    Wfe.setOutput("plain", await ask({}));
    Wfe.setOutput("inherit", await ask({ deno: { permissions: "inherit" } }));
    Wfe.setOutput("more", await ask({ deno: { permissions: { read: true } } }));
    Wfe.setOutput("import", await ask({ deno: { permissions: { import: true } } }));`,
    { memory: 2048 * 1024 ** 2 },
  );
  assert.equal(error, undefined);
  const none = ["NotCapable", "NotCapable", "NotCapable"];
  assert.deepEqual([data.plain, data.inherit], [none, none]);
  assert.doesNotMatch(JSON.stringify([data.more, data.import]), /open/);
});

Deno.test("dynamic_import imports from the hosts in net and no others", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response("export const answer: number = 42;", {
        headers: { "content-type": "application/typescript" },
      }),
  );
  const { port } = server.addr;
  const script =
    `const { answer } = await import("http://127.0.0.1:${port}/a.ts"); Wfe.setOutput("answer", answer);`;
  const net = [`127.0.0.1:${port}`];
  const allowed = await runScript(script, { permissions: { net, dynamic_import: true } });
  assert.deepEqual([allowed.error, allowed.data], [undefined, { answer: 42 }]);
  const fixed = await runScript(
    `import { answer } from "http://127.0.0.1:${port}/a.ts"; Wfe.setOutput("answer", answer);`,
    {
      permissions: { net, dynamic_import: true },
    },
  );
  assert.deepEqual(fixed.data, { answer: 42 });
  for (
    const permissions of [{ net }, { net: ["example.com"], dynamic_import: true }, { dynamic_import: true }]
  ) {
    const { error } = await runScript(script, { permissions });
    assert.match((error as Error).message, /dynamic_import: true/);
  }
  const other = await runScript(`await import("http://localhost:${port}/a.ts")`, {
    permissions: { net, dynamic_import: true },
  });
  assert.match(
    (other.error as Error).message,
    new RegExp(`net: \\["127.0.0.1:${port}","localhost:${port}"\\], dynamic_import: true`),
  );
  const npm = await runScript(`await import("npm:chalk")`, {
    permissions: { net: ["registry.npmjs.org"], dynamic_import: true },
  });
  assert.match((npm.error as Error).message, /imports a module by npm:/);
});

Deno.test("env gives the variables that are named; the engine has to be allowed to read them", async () => {
  const script =
    `Wfe.setOutput("path", Deno.env.get("PATH")); try { Deno.env.get("HOME") } catch (e) { Wfe.setOutput("home", e.name) }`;
  const { data, error } = await runScript(script, { permissions: { env: ["PATH"] } });
  const { state } = await Deno.permissions.query({ name: "env", variable: "PATH" });
  if (state === "granted") {
    assert.deepEqual(data, { path: Deno.env.get("PATH"), home: "NotCapable" });
  } else {
    assert.ok(error instanceof ScriptPermissionError);
    assert.match(error.message, /--allow-env=PATH/);
  }
});

Deno.test("what cannot be granted stops the step before anything runs", async () => {
  const { error, held } = await runScript("1", { permissions: { net: ["*"] } });
  assert.ok(error instanceof ScriptPermissionError);
  assert.deepEqual([error.permission, error.retryable, held], ["net", false, undefined]);
});
