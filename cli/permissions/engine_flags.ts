import { dirname } from "node:path";
import type { StepDefinition, WorkflowDefinition } from "../../src/definition/definition.ts";
import type { JsonObject } from "../../src/definition/json.ts";
import { certificateFiles } from "../../providers/postgres/encryption.ts";
import { findProject } from "../../executors/script/bundle/project.ts";
import { fileOf, isServer } from "../store.ts";
import { accessOf } from "./step_access.ts";

/**
 * The flags of Deno that `wfe run` needs for a workflow file: none of them is for the steps' own processes. `files` are
 * those that were read for its steps beside it.
 */
export function engineFlags(
  file: string,
  definition: WorkflowDefinition,
  { database, search }: { readonly database: string; readonly search?: string | undefined },
  files: readonly string[],
): string[] {
  const folder = dirname(fileOf(database));
  const read = new Set([file, ...files, folder, ...isServer(database) ? certificateFiles(database) : []]);
  const run = new Set<string>();
  const env = new Set<string>();
  const net = new Set(isServer(database) ? serversOf(database, "5432") : []);
  if (search !== undefined) {
    serversOf(search, search.startsWith("https:") ? "443" : "80").forEach((host) => net.add(host));
  }
  let isAnyHost = false;
  for (const step of definition.steps) {
    const access = accessOf(step);
    if (step.type === "http" && access !== "user") {
      if (access.net === "any") isAnyHost = true;
      else access.net.forEach((host) => net.add(host));
    }
    if (step.type !== "http" && step.type !== "end") run.add("bash").add("sh");
    for (const folder of hashedFolders(step)) read.add(folder);
    if (step.config?.clear_env === true) env.add("PATH").add("HOME");
    if (step.type !== "deno" || access === "user") continue;
    if (access.files !== undefined) {
      read.add(findProject(file).folder);
      run.add("deno");
    }
    // It looks the paths up, and hands the variables on.
    [...access.read, ...access.write].forEach((path) => read.add(path));
    [...access.env, ...access.run ? ["PATH"] : []].forEach((name) => env.add(name));
  }
  for (const source of Object.values(definition.secrets ?? {})) {
    if ("env" in source) env.add(source.env);
    else if ("file" in source) read.add(source.file);
    else run.add(source.command[0]!);
  }
  return [
    ...flag("read", new Set(Array.from(read, nameable))),
    ...flag("write", new Set([nameable(folder)])),
    ...flag("run", run),
    ...flag("env", env),
    ...isAnyHost ? ["--allow-net"] : flag("net", net),
  ];
}

/** Where the files are likely to be that a shell step hands over, which are read to be described. */
function hashedFolders({ config }: StepDefinition): readonly string[] {
  if (!Object.values((config?.outputs ?? {}) as JsonObject).includes("file")) return [];
  return [typeof config?.working_dir === "string" ? config.working_dir : "."];
}

/** The hosts and ports of a server's URL, which may name several. */
function serversOf(url: string, port: string): string[] {
  const [, hosts = ""] = /^\w+:\/\/(?:[^/?]*@)?([^/?]*)/.exec(url) ?? [];
  return hosts.split(",").map((host) => /:\d+$/.test(host) ? host : `${host || "localhost"}:${port}`);
}

function flag(name: string, values: ReadonlySet<string>): string[] {
  return values.size === 0 ? [] : [`--allow-${name}=${[...values]}`];
}

/** A path that a flag can name: one with a comma cannot be, so its folder has to do. */
function nameable(path: string): string {
  return path.includes(",") ? nameable(dirname(path)) : path;
}
