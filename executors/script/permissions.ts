import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import { isReservedVariable } from "../../src/yaml/step_types/reserved_variable.ts";
import { ScriptPermissionError } from "./errors.ts";
import { deniedAddresses, type NetGrant, readNetGrant } from "./net_grant.ts";
import { isWithin, readPathGrant, refuseClosed } from "./path_grant.ts";

/** What a script may do, checked: the source of the process's flags and of the Worker's permissions. */
export interface ScriptGrant {
  /** Hosts. */
  readonly net: readonly NetGrant[];
  /** Absolute paths. */
  readonly read: readonly string[];
  /** Absolute paths. */
  readonly write: readonly string[];
  /** Absolute paths below these that stay closed, with all below them. */
  readonly closed: readonly string[];
  /** Names of environment variables whose values are the engine's. */
  readonly env: readonly string[];
  /** Names of those that the step sets itself. */
  readonly ownEnv: readonly string[];
  /** Whether it may start programs, which equals full rights. */
  readonly run: boolean;
  /** Whether it may import modules from the hosts in `net`. */
  readonly remoteImport: boolean;
}

/** Names of permissions that a step can have. */
const known = ["net", "read", "write", "env", "run", "dynamic_import"] as const;

/**
 * Checks a step's permissions, and the names of the variables that it sets. `base` is the folder that relative paths
 * count from, `closed` what no step can be given.
 *
 * @throws {ScriptPermissionError} for the first that cannot be granted as it is written.
 */
export function readPermissions(
  permissions: ScriptPermissions,
  base: string,
  variables: readonly string[] = [],
  closed: readonly string[] = [],
): ScriptGrant {
  if (typeof permissions !== "object" || permissions === null || Array.isArray(permissions)) {
    throw new ScriptPermissionError("permissions", permissions, "a step names each permission that it needs");
  }
  const unknown = Object.keys(permissions).find((key) => !(known as readonly string[]).includes(key));
  if (unknown !== undefined) {
    throw new ScriptPermissionError(unknown, undefined, `there are only ${known.join(", ")}`);
  }
  const paths = (key: "read" | "write") =>
    readList(permissions, key).map((text) => {
      const path = readPathGrant(text, key, base);
      refuseClosed(path, key, closed);
      return path;
    });
  const [read, write] = [paths("read"), paths("write")];
  return {
    net: readList(permissions, "net").map(readNetGrant),
    read,
    write,
    closed: closed.filter((own) => [...read, ...write].some((path) => isWithin(own, path))),
    env: readList(permissions, "env").map(readVariable).filter((name) => !variables.includes(name)),
    ownEnv: variables.map(readVariable),
    run: readSwitch(permissions, "run"),
    remoteImport: readSwitch(permissions, "dynamic_import"),
  };
}

/** The permission flags of the process: what the Worker can at most be given. */
export function permissionFlags(grant: ScriptGrant): string[] {
  const { net, read, write, closed, env, ownEnv, run } = grant;
  return [
    ...listFlag("--allow-net", net.map(({ flag }) => flag)),
    ...listFlag("--deny-net", net.length > 0 ? deniedAddresses(net) : []),
    ...listFlag("--allow-read", read),
    ...listFlag("--allow-write", write),
    ...listFlag("--deny-read", closed),
    ...listFlag("--deny-write", closed),
    ...listFlag("--allow-env", [...env, ...ownEnv]),
    ...(run ? ["--allow-run"] : []),
    ...importFlags(grant),
  ];
}

/** The host of the registry behind `jsr:`. */
export const jsrHost = "jsr.io";

/** The flags that say from where modules may be imported. */
export function importFlags(grant: ScriptGrant): string[] {
  const hosts = importHosts(grant);
  if (hosts.length === 0) return ["--no-remote", "--cached-only"];
  return [`--allow-import=${hosts}`, `--deny-import=${deniedAddresses(grant.net)}`];
}

/** Without the host of the registry `jsr:` is as closed as `npm:`. */
function importHosts({ net, remoteImport }: ScriptGrant): string[] {
  if (!remoteImport) return [];
  return net.map(({ flag }) => flag).filter((flag) => flag.toLowerCase().replace(/:\d+$/, "") !== jsrHost);
}

/** The Worker's own permissions: all eight spelled, because one that is missing is inherited. */
export function workerPermissions(grant: ScriptGrant): Required<Deno.PermissionOptionsObject> {
  const hosts = grant.net.map(({ flag }) => flag);
  // Deno takes a folder of which a part is denied for more than its process has, which has been granted the same.
  const paths = (granted: readonly string[]) =>
    granted.length > 0 && grant.closed.length > 0 ? "inherit" : listOrNone(granted);
  return {
    env: listOrNone([...grant.env, ...grant.ownEnv]),
    ffi: false,
    import: listOrNone(importHosts(grant)),
    net: listOrNone(hosts),
    read: paths(grant.read),
    run: grant.run,
    sys: false,
    write: paths(grant.write),
  };
}

function readList(permissions: ScriptPermissions, key: "net" | "read" | "write" | "env"): readonly unknown[] {
  const value: unknown = permissions[key];
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new ScriptPermissionError(key, value, "it must be a list");
}

function readSwitch(permissions: ScriptPermissions, key: "run" | "dynamic_import"): boolean {
  const value: unknown = permissions[key];
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw new ScriptPermissionError(key, value, "it must be true or false");
}

function readVariable(name: unknown): string {
  if (typeof name !== "string" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new ScriptPermissionError(
      "env",
      name,
      "it must be the name of one variable, without value or wildcard",
    );
  }
  if (isReservedVariable(name)) {
    throw new ScriptPermissionError(
      "env",
      name,
      "variables of Deno, the loader, the engine, proxies and the resolver stay outside",
    );
  }
  return name;
}

function listFlag(name: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`${name}=${values.join(",")}`];
}

function listOrNone(values: readonly string[]): string[] | false {
  return values.length === 0 ? false : [...values];
}
