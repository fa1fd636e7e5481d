import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";
import { allowLine, withHost } from "./denial.ts";

/** What cannot be imported, in other words than those of flags that users never see. */
export function explainImport(message: string, permissions: ScriptPermissions): string | undefined {
  if (/npm specifiers were requested|"npm:/.test(message)) {
    return "The script imports an npm module, which a script step cannot; use a step in code, or a shell step";
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
    return "The script imports a file by a relative path, but it has no folder of its own; write its code in the step";
  }
  const [, bare] = /^Import "([^"]*)" not a dependency/.exec(message) ?? [];
  return bare === undefined
    ? undefined
    : `The script imports "${bare}", but a script step has no dependencies; use node: or https: modules`;
}
