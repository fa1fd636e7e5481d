import { resolve } from "node:path";
import type { StepDefinition } from "../../src/definition/definition.ts";
import type { JsonObject, JsonValue } from "../../src/definition/json.ts";
import { isTemplate } from "../../src/definition/template.ts";
import type { ScriptConfig } from "../../src/yaml/step_types/script.ts";
import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";

/** What a step may touch. */
export interface StepAccess {
  /** Hosts; `"any"` where a step names them by an expression. */
  readonly net: readonly string[] | "any";
  /** Absolute paths. */
  readonly read: readonly string[];
  /** Absolute paths. */
  readonly write: readonly string[];
  /** Environment variables. */
  readonly env: readonly string[];
  /** Whether it may start programs, which equals all rights of the user. */
  readonly run: boolean;
  /** Whether it may import modules from the hosts in `net`. */
  readonly dynamicImport: boolean;
  /** The files and packages that its script was made of, the one that the step names first. */
  readonly files?: readonly string[];
}

const nothing: StepAccess = { net: [], read: [], write: [], env: [], run: false, dynamicImport: false };

/** What a step of the command line may touch; `"user"`: everything that the user may. */
export function accessOf({ type, config = {} }: StepDefinition): StepAccess | "user" {
  switch (type) {
    case "deno":
      return {
        ...scriptAccess(config.permissions as ScriptPermissions | undefined ?? {}),
        ...madeOf(config),
      };
    case "http":
      return { ...nothing, net: hostsOf(config.url, config.redirects as readonly string[] | undefined) };
    case "end":
      return nothing;
    default:
      return "user";
  }
}

function scriptAccess(permissions: ScriptPermissions): StepAccess {
  const { net = [], read = [], write = [], env = [], run = false, dynamic_import = false } = permissions;
  return {
    net,
    read: read.map((path) => resolve(path)),
    write: write.map((path) => resolve(path)),
    env,
    run,
    dynamicImport: dynamic_import,
  };
}

/** What is bundled; of a package its name, with version. */
function madeOf(config: JsonObject): Pick<StepAccess, "files"> {
  const { file, source_map } = config as Partial<ScriptConfig>;
  if (file === undefined) return {};
  const sources = (source_map?.sources ?? []).map((source) =>
    /^npm:(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? source
  );
  return { files: [...new Set([file, ...sources])] };
}

/** The hosts of a URL that may have expressions, and of its redirects. */
function hostsOf(url: JsonValue | undefined, redirects: readonly string[] = []): StepAccess["net"] {
  const first = isTemplate(url) ? url.template[0] : `${url}/`;
  const [, host] = /^https?:\/\/([^/?#\\]+)[/?#\\]/i.exec(typeof first === "string" ? first : "") ?? [];
  return host === undefined ? "any" : [...new Set([host.toLowerCase(), ...redirects])];
}
