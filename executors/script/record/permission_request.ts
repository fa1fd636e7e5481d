import { resolve } from "node:path";
import { ScriptPermissionError } from "../errors.ts";
import { readNetGrant } from "../net_grant.ts";
import { grantablePath, isWithin, readPathGrant } from "../path_grant.ts";
import { jsrHost, readPermissions, type ScriptGrant } from "../permissions.ts";

/** What Deno asks before a script does something. */
export interface PermissionRequest {
  /** The kind of permission, by Deno's name. */
  readonly permission: string;
  /** A path as it is written, `host:port`, or the name of a variable; `null`: all of the kind. */
  readonly value: string | null;
}

/** The keys of `permissions`. */
export const recordableKinds = ["net", "read", "write", "env", "run", "dynamic_import"] as const;

/** A key of `permissions`. */
export type RecordableKind = typeof recordableKinds[number];

/** What a step can be given for a request. */
export interface PermissionUse {
  /** The key of `permissions`. */
  readonly kind: RecordableKind;
  /** A host, absolute path or variable; empty where the key is a switch. */
  readonly value: string;
}

/** What a request may be answered by. */
export interface RecordingTerms {
  /** What the step has. */
  readonly grant: ScriptGrant;
  /** Kinds that it may use beyond that. */
  readonly allow: ReadonlySet<RecordableKind>;
  /** The folder beyond which it reads and writes nothing that it has not, absolute. */
  readonly folder: string;
  /** Beginnings of absolute paths that it does not read or write there. */
  readonly spare: readonly string[];
}

/** What a step has to be given for a request, where relative paths count from `folder`; `undefined` where no step can be given it. */
export function useOf({ permission, value }: PermissionRequest, folder: string): PermissionUse | undefined {
  if (permission === "run") return { kind: "run", value: "" };
  // Deno names some places like <TMP>, and not by their path.
  if (value === null || /^<\w+>$/.test(value)) return undefined;
  return unlessRefused((): PermissionUse | undefined => {
    switch (permission) {
      case "read":
      case "write":
        return {
          kind: permission,
          value: readPathGrant(grantablePath(resolve(folder, value)), permission, folder),
        };
      case "net":
        return { kind: "net", value: hostOf(value) };
      case "import":
        return value === `${jsrHost}:443` ? undefined : { kind: "dynamic_import", value: hostOf(value) };
      case "env":
        readPermissions({ env: [value] }, folder);
        return { kind: "env", value };
      default:
        return undefined;
    }
  });
}

/** Whether a step may use it while it is recorded. */
export function isAllowed(use: PermissionUse, { grant, allow, folder, spare }: RecordingTerms): boolean {
  if (has(grant, use)) return true;
  if (!allow.has(use.kind)) return false;
  if (use.kind !== "read" && use.kind !== "write") return true;
  return isWithin(use.value, folder) && !spare.some((start) => use.value.startsWith(start));
}

function has(grant: ScriptGrant, { kind, value }: PermissionUse): boolean {
  switch (kind) {
    case "read":
    case "write":
      return grant[kind].some((folder) => isWithin(value, folder)) &&
        !grant.closed.some((own) => isWithin(value, own));
    case "env":
      return grant.env.includes(value);
    case "run":
      return grant.run;
    case "dynamic_import":
      return grant.remoteImport && hasHost(grant, value);
    case "net":
      return hasHost(grant, value);
  }
}

function hasHost({ net }: ScriptGrant, host: string): boolean {
  const name = host.replace(/:\d+$/, "");
  return net.some(({ flag }) => flag === host || flag === name);
}

/** The host of an address; the port 0 is for the system to choose, so that no grant can name it. */
function hostOf(address: string): string {
  return readNetGrant(address.replace(/:0$/, "")).flag;
}

function unlessRefused<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ScriptPermissionError) return undefined;
    throw error;
  }
}
