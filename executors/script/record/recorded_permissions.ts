import { relative } from "node:path";
import type { ScriptPermissions } from "../../../src/yaml/step_types/permissions.ts";
import { isWithin } from "../path_grant.ts";
import type { PermissionUse, RecordableKind } from "./permission_request.ts";

/**
 * The smallest `permissions` that allow all of these uses. What lies in a folder that is used itself is left out, as
 * is a port of a host that is used with any. Paths below `folder` are relative to it.
 */
export function smallestPermissions(uses: readonly PermissionUse[], folder: string): ScriptPermissions {
  const valuesOf = (...kinds: readonly RecordableKind[]) =>
    [...new Set(uses.filter(({ kind }) => kinds.includes(kind)).map(({ value }) => value))].sort();
  const paths = (kind: "read" | "write") => {
    const all = valuesOf(kind);
    return all.filter((path) => !all.some((other) => other !== path && isWithin(path, other)))
      .map((path) => isWithin(path, folder) ? relative(folder, path) || "." : path);
  };
  const hosts = valuesOf("net", "dynamic_import");
  const lists = {
    net: hosts.filter((host) =>
      !hosts.some((other) => other !== host && host.replace(/:\d+$/, "") === other)
    ),
    read: paths("read"),
    write: paths("write"),
    env: valuesOf("env"),
  };
  return {
    ...Object.fromEntries(Object.entries(lists).filter(([, values]) => values.length > 0)),
    ...uses.some(({ kind }) => kind === "run") && { run: true },
    ...uses.some(({ kind }) => kind === "dynamic_import") && { dynamic_import: true },
  };
}
