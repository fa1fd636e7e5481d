import { resolve } from "node:path";
import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import { ScriptPermissionError } from "./errors.ts";
import { grantablePath, leadsOverLink, readPathGrant, refuseClosed, resolvePathGrant } from "./path_grant.ts";
import { jsrHost, readPermissions } from "./permissions.ts";

/** What Deno says when a permission is missing; the target stands in quotes, if it names one. */
const denial = /Requires (\w+) access(?: to (?:"(.*)"|[^,]*))?, run again with the --allow-\w+ flag/s;

/** Deno's own messages are no longer; a script can throw any. */
const longestMessage = 8192;

/** What Node says where the address of a host may not be asked for; it does not say the port. */
const lookup = /^getaddrinfo EPERM (\S+)$/;

/** What it says of a Worker that is to have more permissions. */
const escalation = "Can't escalate parent thread permissions";

/** What it says of links, whose target it would have to check at each use. */
const unscoped = /^([\w.]+\(\)) requires unscoped --allow-read and --allow-write permissions/;

/**
 * Says which permission a script lacks, for what, and the `permissions` of the step that has it too; where no step can
 * be given it, why. `undefined` for a message that tells of no denial. `closed` is what no step can be given.
 */
export function explainDenial(
  message: string,
  permissions: ScriptPermissions,
  closed: readonly string[] = [],
): string | undefined {
  const text = message.slice(0, longestMessage);
  const [, making] = unscoped.exec(text) ?? [];
  if (making !== undefined) return `The script calls ${making}, which needs more than any step can be given`;
  if (text.includes(escalation)) {
    return "The script gives a Worker permissions that it does not have itself; it can pass on its own, or fewer";
  }
  const [, host] = lookup.exec(text) ?? [];
  const [, kind, target] = host === undefined ? denial.exec(text) ?? [] : [host, "net", host];
  // Of a registry, explainImport() tells.
  if (kind === undefined || (kind === "import" && target === `${jsrHost}:443`)) return undefined;
  const what = target === undefined ? `${kind} access` : `${kind} access to ${JSON.stringify(target)}`;
  return `The script needs ${what}, which its step does not have. ${
    remedy(kind, target, permissions, closed)
  }`;
}

/** The line that gives a step more than it has. */
export function allowLine(permissions: ScriptPermissions, more: ScriptPermissions): string {
  const { net, read, write, env, run, dynamic_import } = { ...permissions, ...more };
  const keys = Object.entries({ net, read, write, env, run, dynamic_import })
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `To allow it: permissions: { ${keys.join(", ")} }`;
}

/** The hosts that a step has, and one that it needs too. */
export function withHost(net: readonly string[] | undefined, address: string): readonly string[] {
  // A port of 0 is for the system to choose; the usual ones go without saying.
  const host = address.replace(/:(?:80|443|0)$/, "");
  const [name] = /^(?:\[[^\]]*\]|[^:]*)/.exec(host)!;
  return [name, host].some((has) => net?.includes(has)) ? net! : [...net ?? [], host];
}

function remedy(
  kind: string,
  target: string | undefined,
  permissions: ScriptPermissions,
  closed: readonly string[],
): string {
  switch (kind) {
    case "net":
    case "import": {
      if (target === undefined) return "Name each host in net.";
      const net = withHost(permissions.net, target);
      const more = kind === "net" ? { net } : { net, dynamic_import: true };
      return unlessRefused(() => readPermissions({ net }, "/")) ?? allowLine(permissions, more);
    }
    case "read":
    case "write": {
      if (target === undefined) {
        return `Name each file or folder in ${kind}; temporary files need one of them as their dir.`;
      }
      const path = grantable(target);
      return unlessRefused(() => checkPath(path, kind, closed)) ??
        allowLine(permissions, { [kind]: [...permissions[kind] ?? [], path] });
    }
    case "env": {
      if (target === undefined) {
        return "Name each variable in env, and read them one by one; node:child_process reads more than any " +
          "step can be given: start programs by Deno.Command.";
      }
      const env = [...permissions.env ?? [], target];
      return unlessRefused(() => readPermissions({ env }, "/")) ?? allowLine(permissions, { env });
    }
    case "run":
      return `${
        allowLine(permissions, { run: true })
      }, which equals full rights; a shell step may be what is meant`;
    default:
      return "No step can be given it.";
  }
}

/** The path as it is written, where it can be granted like that. */
function grantable(target: string): string {
  const path = resolve(target);
  const found = grantablePath(path);
  return found !== path || /(?:^|[\\/])\.\.(?:[\\/]|$)/.test(target) ? found : target;
}

/** Without a look at what the engine may not look up: that is told when the step asks for it. */
function checkPath(path: string, kind: "read" | "write", closed: readonly string[]): void {
  const check = leadsOverLink(resolve(path)) ? readPathGrant : resolvePathGrant;
  check(path, kind, Deno.cwd());
  refuseClosed(resolve(path), kind, closed);
}

/** Why a grant would be refused. */
function unlessRefused(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof ScriptPermissionError) return error.message;
    throw error;
  }
}
