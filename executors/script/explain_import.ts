import { isBuiltin } from "node:module";
import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import { allowLine, withHost } from "./denial.ts";

const byFile = "Put the script in a file and name it by file: instead of script: it is then made one module";

/** `npm` or `jsr`, where a message tells of an import by such a specifier. */
function registryOf(message: string): "npm" | "jsr" | undefined {
  if (/npm specifiers were requested|"npm:/.test(message)) return "npm";
  return /^JSR package |access to "jsr\.io:443"|"https:\/\/jsr\.io\//.test(message) ? "jsr" : undefined;
}

/** What cannot be imported, in other words than those of flags that users never see. */
export function explainImport(message: string, permissions: ScriptPermissions): string | undefined {
  const registry = registryOf(message);
  if (registry !== undefined) {
    return `The script imports a module by ${registry}:, which a script step cannot while it runs: what came would be held ` +
      `by no lock file. ${byFile}, with its packages as deno.lock has them`;
  }
  const [, remote] = /A remote specifier was requested: "([^"]*)"/.exec(message) ?? [];
  if (remote !== undefined) {
    const net = withHost(permissions.net, URL.parse(remote)?.host ?? remote);
    return `The script imports ${remote}, which its step does not allow. ${
      allowLine(permissions, { net, dynamic_import: true })
    }`;
  }
  if (
    /relative URL with a cannot-be-a-base base|Relative import path|^Cannot find module 'file:/i.test(message)
  ) {
    return `The script imports a file by a relative path, but it has no folder of its own. ${byFile}, with its imports`;
  }
  const [, bare] = /^Import "([^"]*)" not a dependency/.exec(message) ?? [];
  if (bare !== undefined && isBuiltin(bare)) {
    return `The script imports "${bare}", which is a module of Node: write "node:${bare}"`;
  }
  return bare === undefined
    ? undefined
    : `The script imports "${bare}", but a script step has no dependencies. ${byFile}, with its packages as deno.lock has them`;
}
