import { deepEqual, equal } from "node:assert/strict";
import { readPermissions } from "../permissions.ts";
import { isAllowed, type PermissionUse, type RecordableKind, useOf } from "./permission_request.ts";
import { smallestPermissions } from "./recorded_permissions.ts";

function folderFor(test: (folder: string) => void): void {
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    test(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("smallestPermissions() names each thing once, and nothing that another holds", () => {
  const use = (kind: RecordableKind, value = ""): PermissionUse => ({ kind, value });
  deepEqual(smallestPermissions([], "/p"), {});
  deepEqual(
    smallestPermissions([
      ...["a.io:443", "b.io:80", "b.io", "a.io:443"].map((host) => use("net", host)),
      use("dynamic_import", "c.io:443"),
      ...["/p/a/b", "/p/a", "/p/ab", "/q", "/p/a/c"].map((path) => use("read", path)),
      use("write", "/p"),
      use("write", "/p/x"),
      ...["B", "A", "B"].map((name) => use("env", name)),
      use("run"),
    ], "/p"),
    {
      net: ["a.io:443", "b.io", "c.io:443"],
      read: ["a", "ab", "/q"],
      write: ["."],
      env: ["A", "B"],
      run: true,
      dynamic_import: true,
    },
  );
});

Deno.test("useOf() takes only what a step can be given", () => {
  folderFor((folder) => {
    Deno.symlinkSync("/etc", `${folder}/link`);
    const of = (permission: string, value: string | null) => useOf({ permission, value }, folder);
    const refused: readonly (readonly [string, string | null])[] = [
      ["read", null],
      ["write", "<TMP>"],
      ["read", "/"],
      ["read", "link/passwd"],
      ["read", "/proc/self/environ"],
      ["write", "a,b"],
      ["net", null],
      ["net", "unix:/tmp/x.sock"],
      ["import", "jsr.io:443"],
      ["env", null],
      ["env", "DENO_DIR"],
      ["env", "A*"],
      ["sys", "hostname"],
      ["ffi", "/lib/x.so"],
    ];
    for (const [permission, value] of refused) {
      equal(of(permission, value), undefined, `${permission} ${value}`);
    }
    deepEqual(of("read", "a"), { kind: "read", value: `${folder}/a` });
    // What does not exist can be granted in a folder that does.
    deepEqual(of("write", "new/deep/er"), { kind: "write", value: `${folder}/new` });
    deepEqual(of("net", "A.io:443"), { kind: "net", value: "a.io:443" });
    deepEqual(of("net", "0.0.0.0:0"), { kind: "net", value: "0.0.0.0" });
    deepEqual(of("import", "a.io:81"), { kind: "dynamic_import", value: "a.io:81" });
    deepEqual(of("run", null), { kind: "run", value: "" });
  });
});

Deno.test("what a step has is allowed whatever is recorded; else its kind has to be named, in the folder", () => {
  folderFor((folder) => {
    const grant = readPermissions({ net: ["a.io", "b.io:80"], read: ["own"], env: ["A"] }, folder);
    const allowed = (allow: readonly RecordableKind[], kind: RecordableKind, value = "") =>
      isAllowed({ kind, value }, { grant, allow: new Set(allow), folder, spare: [`${folder}/db`] });
    for (
      const [kind, value] of [["net", "a.io:443"], ["net", "b.io:80"], ["read", `${folder}/own/x`], [
        "env",
        "A",
      ]] as const
    ) {
      equal(allowed([], kind, value), true, value);
    }
    for (
      const [kind, value] of [["net", "b.io:81"], ["read", `${folder}/other`], ["env", "B"], ["run", ""], [
        "dynamic_import",
        "a.io:443",
      ]] as const
    ) {
      equal(allowed([], kind, value), false, value);
      equal(allowed([kind], kind, value), true, value);
    }
    for (const path of ["/etc/passwd", `${folder}/db`, `${folder}/db.steps/a`, `${folder}x`]) {
      equal(allowed(["read", "write"], "read", path), false, path);
    }
  });
});
