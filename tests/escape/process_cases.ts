import { type EscapeCase, grants, product, vary } from "./escape_case.ts";

/** Expressions for the variable `name`. */
const variableRoutes: Readonly<Record<string, string>> = {
  "Deno.env.get": `Deno.env.get(name)`,
  "Deno.env.has": `Deno.env.has(name)`,
  "Deno.env.toObject": `Deno.env.toObject()[name]`,
  "process.env": `process.env[name]`,
  "the names in process.env": `Object.keys(process.env)`,
  "node:process": `(await import("node:process")).env[name]`,
  "Deno.env.set": `Deno.env.set(name, "pwned")`,
  "Deno.env.delete": `Deno.env.delete(name)`,
  "process.loadEnvFile": `process.loadEnvFile("/proc/self/environ")`,
  "/proc/self/environ": `Deno.readTextFileSync("/proc/self/environ")`,
  "the environment of its parent": `Deno.readTextFileSync("/proc/" + Deno.ppid + "/environ")`,
};

const variables: Readonly<Record<string, string>> = {
  "a secret": "ESCAPE_SECRET",
  "the token of the step": "WFE_STEP_TOKEN",
  "Deno's folder": "DENO_DIR",
};

/** Expressions that start a program, load code of another language, or reach another process. */
const programRoutes: Readonly<Record<string, string>> = {
  "Deno.Command": `new Deno.Command("sh", { args: ["-c", "sleep 60"] }).spawn()`,
  "Deno.Command of this Deno": `await new Deno.Command(Deno.execPath(), { args: ["eval", "1"] }).output()`,
  "spawn of node:child_process": `(await import("node:child_process")).spawn("sleep", ["60"])`,
  "execFile of node:child_process": `(await import("node:child_process")).execFileSync("/bin/sleep", ["60"])`,
  "fork of node:child_process": `(await import("node:child_process")).fork("/etc/passwd")`,
  "Deno.dlopen": `Deno.dlopen("libc.so.6", { system: { parameters: ["buffer"], result: "i32" } })`,
  "process.dlopen": `process.dlopen({}, "/lib/x.node")`,
  "an extension of SQLite":
    `new (await import("node:sqlite")).DatabaseSync(":memory:", { allowExtension: true }).loadExtension("/lib/x.so")`,
  "Deno.kill of its parent": `Deno.kill(Deno.ppid, "SIGKILL")`,
  "process.kill of its parent": `process.kill(process.ppid, "SIGKILL")`,
  "Deno.kill of all": `Deno.kill(-1, "SIGKILL")`,
  "Deno.hostname": `Deno.hostname()`,
  "Deno.networkInterfaces": `Deno.networkInterfaces()`,
  "userInfo of node:os": `(await import("node:os")).userInfo()`,
};

/** Ways to the environment, `count` for each route, and to other processes. */
export function processCases(count: number): EscapeCase[] {
  return [
    ...vary(variableRoutes, product(variables, grants), count, (route, [variable, permissions]) => ({
      name: "the environment by",
      script: () => `const name = "${variable}"; Wfe.log(${route});`,
      permissions,
      ends: ["permission"],
    })),
    ...vary(programRoutes, grants, Math.ceil(count / 3), (route, permissions) => ({
      name: "the system by",
      script: () => `Wfe.log(${route});`,
      permissions,
      ends: ["permission"],
    })),
  ];
}
