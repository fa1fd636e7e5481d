import { ScriptSandboxError } from "./errors.ts";
import type { Sandbox, SandboxEnd } from "./sandbox.ts";

/** Starts a script with no permissions, begun; `print` takes its lines. */
export type StartCanary = (script: string, print: (line: string) => void) => Sandbox;

/** Milliseconds that each canary has. */
const patience = 20_000;

/** What a script without permissions must not be able to do; each is told by what it throws. */
function prison(file: string): string {
  return `
    const attempts = {
      read: () => Deno.openSync(${JSON.stringify(file)}).close(),
      write: () => Deno.openSync(${JSON.stringify(file)}, { write: true }).close(),
      env: () => Deno.env.get("PATH"),
      net: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
      run: () => new Deno.Command(${JSON.stringify(file)}).spawn(),
      sys: () => Deno.hostname(),
      ffi: () => Deno.dlopen(${JSON.stringify(file)}, {}),
      import: () => import(${JSON.stringify(`file://${file}.none`)}, { with: { type: "text" } }),
    };
    for (const [name, attempt] of Object.entries(attempts)) {
      try {
        await attempt();
        Wfe.setOutput(name, "allowed");
      } catch (error) {
        Wfe.setOutput(name, /^Requires (?:all|\\w+) access/.test(error.message) ? "denied" : String(error));
      }
    }`;
}

/** How many attempts the canary makes. */
const attempts = 8;

/**
 * Proves on this machine, with this Deno, that the sandbox holds: what is not granted is denied, and an endless loop
 * dies. `file` is one that exists.
 *
 * @throws {ScriptSandboxError} where it does not.
 */
export async function testSandbox(start: StartCanary, file: string): Promise<void> {
  const [denied, killed] = await Promise.allSettled([testWalls(start, file), testKill(start)]);
  for (const outcome of [denied, killed]) if (outcome.status === "rejected") throw outcome.reason;
}

async function testWalls(start: StartCanary, file: string): Promise<void> {
  const { report, lastWords, status } = await within(
    start(prison(file), () => {}),
    "a test script did not end",
  );
  if (report?.kind !== "done") {
    const why = report?.message ?? `${lastWords.slice(-3).join("\n")} (exit code ${status.code})`;
    throw new ScriptSandboxError(`a test script did not run: ${why}`);
  }
  const results = Object.entries(report.outputs);
  const open = results.filter(([, result]) => result !== "denied").map(([name, result]) =>
    `${name} (${result})`
  );
  if (open.length === 0 && results.length === attempts) return;
  throw new ScriptSandboxError(`the sandbox does not hold on this version of Deno: ${open.join(", ")}`);
}

async function testKill(start: StartCanary): Promise<void> {
  let begun = false;
  const sandbox = start('console.log("loop"); while (true);', () => {
    begun = true;
    sandbox.end();
  });
  const { report, lastWords } = await within(sandbox, "an endless loop could not be ended");
  if (begun && report === undefined) return;
  throw new ScriptSandboxError(`a test script did not run: ${lastWords.slice(-3).join("\n")}`);
}

async function within(sandbox: Sandbox, why: string): Promise<SandboxEnd> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    sandbox.end();
    late.reject(new ScriptSandboxError(`${why} within ${patience / 1000} seconds`));
  }, patience);
  try {
    return await Promise.race([sandbox.ended, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
