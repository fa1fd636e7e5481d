import assert from "node:assert/strict";
import { parse } from "yaml";
import { runScript } from "../../tests/run_script.ts";
import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import type { ScriptError } from "../script.ts";
import { explainDenial } from "./denial.ts";
import { explainImport } from "./explain_import.ts";
import { readPermissions } from "./permissions.ts";

/** What Deno says, and the permissions that the explanation names. */
const allowed: readonly (readonly [denied: string, has: ScriptPermissions, named: ScriptPermissions])[] = [
  ['net access to "a.io:443"', {}, { net: ["a.io"] }],
  ['net access to "a.io:8080"', { net: ["b.io"], env: ["HOME"] }, {
    net: ["b.io", "a.io:8080"],
    env: ["HOME"],
  }],
  ['net access to "[::1]:80"', {}, { net: ["[::1]"] }],
  ['net access to "0.0.0.0:0"', {}, { net: ["0.0.0.0"] }],
  ['import access to "a.io:443"', { net: ["a.io"] }, { net: ["a.io"], dynamic_import: true }],
  ['import access to "a.io:81"', { net: ["a.io"], run: false }, { net: ["a.io"], dynamic_import: true }],
  ['read access to "/usr/b"', { read: ["/c"], run: true }, { read: ["/c", "/usr/b"], run: true }],
  ['read access to "a"b"', {}, { read: ['a"b'] }],
  ['write access to "../out"', {}, { write: [new URL("../out", `file://${Deno.cwd()}/`).pathname] }],
  ['env access to "HOME"', { env: ["USER"] }, { env: ["USER", "HOME"] }],
  ['run access to "ls"', { read: ["a"] }, { read: ["a"], run: true }],
];

Deno.test("a denial names permissions that a step can have, with all that it has", () => {
  for (const [denied, has, named] of allowed) {
    const message = explainDenial(`Requires ${denied}, run again with the --allow-x flag`, has)!;
    const permissions = permissionsOf(message);
    assert.deepEqual(permissions ?? {}, named, message);
    readPermissions({ ...permissions, read: [], write: [] }, "/");
  }
});

Deno.test("a denial says why no step can be given what is missing", () => {
  const refused: readonly (readonly [denied: string, why: RegExp])[] = [
    ['env access to "NODE_ENV"', /variables of Deno, .* stay outside/],
    ['env access to "A*"', /must be the name of one variable/],
    ['net access to "unix:/tmp/x.sock"', /must be a host or host:port/],
    ['read access to "/"', /the whole file system is not granted/],
    ['write access to "a,b"', /without wildcard, comma, ~ or URL/],
    ['sys access to "hostname"', /No step can be given it/],
    ['ffi access to "/lib/x.so"', /No step can be given it/],
    ["ffi access", /No step can be given it/],
  ];
  for (const [denied, why] of refused) {
    const message = explainDenial(`Requires ${denied}, run again with the --allow-x flag`, {})!;
    assert.match(message, why);
    assert.equal(permissionsOf(message), undefined, message);
  }
});

Deno.test("a denial without a target says what to name", () => {
  const tell = (denied: string) =>
    explainDenial(`Requires ${denied}, run again with the --allow-x flag`, {})!;
  assert.match(tell("net access"), /Name each host in net/);
  assert.match(tell("write access to <TMP>"), /temporary files need one of them as their dir/);
  assert.match(tell("env access"), /start programs by Deno\.Command/);
  assert.equal(explainDenial("Requires attention", {}), undefined);
});

Deno.test("an import that is not allowed keeps what is granted", () => {
  const message = explainImport('A remote specifier was requested: "https://b.io/x.ts", but', {
    net: ["a.io"],
    env: ["HOME"],
  });
  assert.deepEqual(permissionsOf(message!), { net: ["a.io", "b.io"], env: ["HOME"], dynamic_import: true });
});

Deno.test("an import by jsr: is told as one by npm: is, with the way to bundle it", () => {
  const messages = [
    "JSR package manifest for '@std/path' failed to load. A remote specifier was requested: " +
    '"https://jsr.io/@std/path/meta.json", but --no-remote is specified.',
    'Requires import access to "jsr.io:443", run again with the --allow-import flag',
    "npm specifiers were requested; but --no-npm is specified",
  ];
  for (const message of messages) {
    assert.equal(explainDenial(message, {}), undefined);
    const told = explainImport(message, { net: ["a.io"] })!;
    assert.match(
      told,
      /imports a module by (?:jsr|npm):, .* held by no lock file\. Put the script in a file/,
    );
    assert.equal(permissionsOf(told), undefined);
  }
});

Deno.test("an import by npm: or jsr: is refused under every grant, and told by its reason", async (t) => {
  for (
    const script of [`import "npm:chalk@5";`, `import "jsr:@std/path@1";`, `await import("jsr:@std/path@1");`]
  ) {
    for (
      const permissions of [
        {},
        { net: ["jsr.io", "registry.npmjs.org"], dynamic_import: true },
        { net: ["JSR.io:443", "a.io"], dynamic_import: true },
      ]
    ) {
      await t.step(`${script} with ${JSON.stringify(permissions)}`, async () => {
        const { error } = await runScript(script, { permissions });
        assert.equal((error as ScriptError).reason, "module", `${error}`);
        assert.match((error as ScriptError).message, /imports a module by (?:npm|jsr):.*name it by file:/);
      });
    }
  }
});

Deno.test("a symbolic link is a denial that no permission mends", async () => {
  const { error } = await runScript(`Deno.symlinkSync("/etc", "link")`, { permissions: { write: ["."] } });
  assert.equal((error as ScriptError).reason, "permission");
  assert.match((error as ScriptError).message, /calls Deno\.symlinkSync\(\), which needs more than any step/);
});

Deno.test("what a denial names leads over no link, lies in a folder that is there, and is none of the engine's own", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const deny = (path: string) =>
    explainDenial(`Requires write access to "${path}", run again with the --allow-write flag`, {}, [
      `${folder}/engine.db`,
    ])!;
  try {
    await Deno.symlink("/etc", `${folder}/link`);
    assert.match(
      deny(`${folder}/link/x`),
      /leads over a symbolic link; name what it leads to, \/etc\/x, in the script/,
    );
    assert.deepEqual(permissionsOf(deny(`${folder}/new/deep/file`)), { write: [`${folder}/new`] });
    assert.match(deny(`${folder}/engine.db`), /the engine's own files stay closed/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an import of a module of Node by its bare name is told how to write it", () => {
  const told = explainImport('Import "fs/promises" not a dependency and not in import map', {});
  assert.match(told!, /which is a module of Node: write "node:fs\/promises"/);
});

Deno.test("a hostile message costs no more than others", () => {
  for (const text of ["m", 'Requires x access to "', "a.b("]) {
    const started = performance.now();
    explainDenial(text.repeat(200_000), {});
    assert.ok(performance.now() - started < 10_000, text);
  }
});

Deno.test("what a denial names lets the script through", async (t) => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("export {};", { headers: { "content-type": "text/javascript" } }),
  );
  const at = `http://127.0.0.1:${server.addr.port}/a.js`;
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const scripts = [
    `await fetch("${at}")`,
    `await import("${at}")`,
    `Deno.listen({ port: 0 })`,
    `Deno.readDirSync("${folder}")`,
    `Deno.writeTextFileSync("${folder}/it's", "")`,
    `Deno.mkdirSync("${folder}/a/b", { recursive: true })`,
    `Deno.env.get("HOME")`,
    `new Deno.Command("true").outputSync()`,
  ];
  try {
    for (const script of scripts) {
      await t.step(script, async () => {
        const { error } = await runScript(script);
        assert.equal((error as ScriptError).reason, "permission", `${error}`);
        const permissions = permissionsOf((error as ScriptError).message)!;
        assert.equal((await runScript(script, { permissions })).error, undefined);
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The `permissions` that a message names, as YAML reads them. */
function permissionsOf(message: string): ScriptPermissions | undefined {
  const [, line] = /To allow it: (permissions: \{.*\})/.exec(message) ?? [];
  return line === undefined ? undefined : parse(line).permissions;
}
