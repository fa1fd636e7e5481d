import assert from "node:assert/strict";
import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import { ScriptPermissionError } from "./errors.ts";
import { deniedAddresses, readNetGrant } from "./net_grant.ts";
import { importFlags, permissionFlags, readPermissions, workerPermissions } from "./permissions.ts";

Deno.test("readNetGrant() takes hosts and addresses, with and without port", () => {
  const taken = [
    "Example.com",
    "example.com:443",
    "a-b.c_d.io",
    "127.0.0.1:8080",
    "[::1]",
    "[FD00:0::1]:80",
    "localhost",
  ];
  assert.deepEqual(taken.map((text) => readNetGrant(text).flag), [
    "example.com",
    "example.com:443",
    "a-b.c_d.io",
    "127.0.0.1:8080",
    "[::1]",
    "[fd00::1]:80",
    "localhost",
  ]);
});

Deno.test("readNetGrant() refuses all that reaches further than it seems to", () => {
  const refused: unknown[] = [
    ...[
      "",
      "*",
      "*.com",
      "https://example.com",
      "example.com/path",
      "user@host",
      "a:b@c",
      "host:",
      "host:0",
      "host:65536",
    ],
    ...[
      "host:80,other",
      "a b",
      "a..b",
      "127.1",
      "0x7f.1",
      "2130706433",
      "0177.0.0.1",
      "1.2.3.4.5",
      "256.1.1.1",
      "1.2.3.4/8",
    ],
    ...[
      "::1",
      "[::1",
      "[gg::1]",
      "[::1]/7",
      "unix:/a",
      "vsock:1:2",
      "-a.com",
      "a.com-",
      "\n",
      "a\u0000b",
      "ex\u00e4mple.com",
    ],
    ...[null, undefined, 5, true, ["a"], {}],
  ];
  for (const text of refused) assert.throws(() => readNetGrant(text), ScriptPermissionError, String(text));
});

Deno.test("deniedAddresses() leaves out exactly what is granted", () => {
  const all = deniedAddresses([readNetGrant("example.com")]);
  assert.ok(all.includes("127.0.0.0/8") && all.includes("169.254.0.0/16") && all.includes("[::1]"));
  const one = deniedAddresses([readNetGrant("127.0.0.1:80"), readNetGrant("10.1.2.3")]);
  for (const address of ["127.0.0.1", "10.1.2.3"]) assert.equal(isCovered(address, one), false, address);
  for (const address of ["127.0.0.0", "127.0.0.2", "127.255.255.255", "10.1.2.2", "10.1.2.4", "10.255.0.0"]) {
    assert.equal(isCovered(address, one), true, address);
  }
  assert.equal(one.filter((range) => range.startsWith("127.")).length, 24);
  const local = deniedAddresses([readNetGrant("localhost")]);
  assert.deepEqual([isCovered("127.0.0.1", local), local.includes("[::1]")], [false, false]);
});

Deno.test("readPermissions() refuses what is no list of single permissions", () => {
  const refused: unknown[] = [
    null,
    true,
    "all",
    ["net"],
    { net: true },
    { net: null },
    { read: "/tmp" },
    { run: "ls" },
    { run: null },
    { sys: ["hostname"] },
    { ffi: true },
    { import: true },
    { env: ["*"] },
    { env: ["PATH=x"] },
    { env: ["A*"] },
    { env: ["LD_PRELOAD"] },
    { env: ["DENO_DIR"] },
    ...["HTTP_PROXY", "https_proxy", "ALL_PROXY", "no_proxy", "RES_OPTIONS", "HOSTALIASES", "LOCALDOMAIN"]
      .map(
        (name) => ({ env: [name] }),
      ),
    { env: [""] },
  ];
  for (const permissions of refused) {
    assert.throws(
      () => readPermissions(permissions as never, "/tmp"),
      ScriptPermissionError,
      JSON.stringify(permissions),
    );
  }
});

Deno.test("readPermissions() takes paths from the base, and none that leads elsewhere", () => {
  const base = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    Deno.mkdirSync(`${base}/data`);
    Deno.symlinkSync("/etc", `${base}/link`);
    Deno.symlinkSync("/etc/gone", `${base}/dangling`);
    const { read, write } = readPermissions(
      { read: ["data", "."], write: ["data/new.txt", `${base}/new`] },
      base,
    );
    assert.deepEqual(read, [`${base}/data`, base]);
    assert.deepEqual(write, [`${base}/data/new.txt`, `${base}/new`]);
    const refused: unknown[] = [
      ...[
        "",
        "/",
        "//",
        "/.",
        "..",
        "data/..",
        "../x",
        "a/../../b",
        "~",
        "~/x",
        "*",
        "a?",
        "a,b",
        "a\0b",
        "file:///etc",
        5,
      ],
      ...["link", "link/passwd", "dangling", "missing/deeper", "/proc", "/proc/self/environ"],
    ];
    for (const path of refused) {
      for (const key of ["read", "write"]) {
        assert.throws(
          () => readPermissions({ [key]: [path] }, base),
          ScriptPermissionError,
          `${key} ${path}`,
        );
      }
    }
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
});

Deno.test("workerPermissions() spells all eight permissions", () => {
  assert.deepEqual(workerPermissions(readPermissions({}, "/")), {
    env: false,
    ffi: false,
    import: false,
    net: false,
    read: false,
    run: false,
    sys: false,
    write: false,
  });
});

Deno.test("permissionFlags() names no permission that is not granted, and no remote module", () => {
  assert.deepEqual(permissionFlags(readPermissions({}, "/")), ["--no-remote", "--cached-only"]);
  const flags = permissionFlags(readPermissions({ net: ["a.io"], env: ["HOME"], run: true }, "/"));
  assert.deepEqual(flags.map((flag) => flag.split("=")[0]), [
    "--allow-net",
    "--deny-net",
    "--allow-env",
    "--allow-run",
    "--no-remote",
    "--cached-only",
  ]);
});

Deno.test("what is closed is denied where a grant reaches it, and cannot be granted itself", () => {
  const closed = ["/etc/a.db", "/etc/a.db.steps", "/usr/a.db"];
  const grantOf = (permissions: ScriptPermissions) => readPermissions(permissions, "/", [], closed);
  const grant = grantOf({ read: ["/etc"] });
  const { read, write } = workerPermissions(grant);
  assert.deepEqual([read, write], ["inherit", false]);
  assert.deepEqual(permissionFlags(grant).filter((flag) => flag.startsWith("--deny")), [
    "--deny-read=/etc/a.db,/etc/a.db.steps",
    "--deny-write=/etc/a.db,/etc/a.db.steps",
  ]);
  const beside = grantOf({ read: ["/etc/a.db.old"], write: ["/etc/a"] });
  assert.deepEqual([beside.closed, workerPermissions(beside).read], [[], ["/etc/a.db.old"]]);
  for (const path of ["/etc/a.db", "/etc/a.db.steps"]) {
    assert.throws(() => grantOf({ write: [path] }), /engine's own files stay closed/);
  }
});

function isCovered(address: string, ranges: readonly string[]): boolean {
  const toNumber = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return ranges.filter((range) => !range.startsWith("[")).some((range) => {
    const [base, length] = range.split("/");
    const size = 2 ** (32 - Number(length));
    return Math.floor(toNumber(base!) / size) === Math.floor(toNumber(address) / size);
  });
}

Deno.test("dynamic_import never opens the registry behind jsr:, whatever net has", () => {
  const grant = readPermissions(
    { net: ["JSR.io", "jsr.io:443", "a.io", "xjsr.io"], dynamic_import: true },
    "/",
  );
  assert.equal(importFlags(grant)[0], "--allow-import=a.io,xjsr.io");
  assert.deepEqual(workerPermissions(grant).import, ["a.io", "xjsr.io"]);
  // What is no import may go there.
  assert.deepEqual(workerPermissions(grant).net, ["jsr.io", "jsr.io:443", "a.io", "xjsr.io"]);
  const alone = readPermissions({ net: ["jsr.io"], dynamic_import: true }, "/");
  assert.deepEqual(importFlags(alone), ["--no-remote", "--cached-only"]);
  assert.equal(workerPermissions(alone).import, false);
});
