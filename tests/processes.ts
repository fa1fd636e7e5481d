/** Helpers for tests with real processes. They need to run bash only. */

/** What a shell command prints, and its exit code. */
export async function shell(command: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const { code, stdout } = await new Deno.Command("bash", {
    args: ["-c", command, "bash", ...args],
    stdin: "null",
    stderr: "inherit",
  }).output();
  return { code, out: new TextDecoder().decode(stdout) };
}

/** The living processes whose environment holds `mark`. */
export async function processesWith(mark: string): Promise<string[]> {
  const { out } = await shell(`grep -lsF -e "$1" /proc/[0-9]*/environ | grep -v "^/proc/$$/"`, mark);
  return out.split("\n").filter((line) => line !== "");
}

/** Files of the processes whose command line or environment holds the token of a step. */
export async function processesNaming(token: string): Promise<string[]> {
  const search = "grep -lsF -f - /proc/[0-9]*/environ /proc/[0-9]*/cmdline";
  // Read from a pipe, so that the search does not find itself.
  const grep = new Deno.Command("sh", { args: ["-c", search], stdin: "piped", stdout: "piped" }).spawn();
  const input = grep.stdin.getWriter();
  await input.write(new TextEncoder().encode(`${token}\n`));
  await input.close();
  const { stdout } = await grep.output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

/** What lives of a session, by the process id that it was begun by: command lines. */
export async function processesOfSession(leader: number): Promise<string[]> {
  const { out } = await shell(
    "ps -eo sid=,stat=,args= | awk -v s=\"$1\" '$1 == s && $2 !~ /Z/'",
    String(leader),
  );
  return out.split("\n").filter((line) => line !== "");
}

/** Resolves when `condition` holds; rejects when it does not within `deadline` milliseconds. */
export async function eventually(
  condition: () => Promise<boolean>,
  deadline: number,
  what: string,
): Promise<void> {
  const start = performance.now();
  while (!await condition()) {
    if (performance.now() - start > deadline) throw new Error(`${what}: not within ${deadline} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Starts this Deno on a module file, as a process that can be killed: no shell stands between. `path` is its PATH. */
export function startDeno(
  module: string,
  args: readonly string[],
  options: { readonly flags?: readonly string[]; readonly path?: string } = {},
): Deno.ChildProcess {
  const flags = ["run", "--no-prompt", "--quiet", ...options.flags ?? []];
  return new Deno.Command("bash", {
    args: [
      "-c",
      'PATH=${0:-$PATH} exec "$@"',
      options.path ?? "",
      Deno.execPath(),
      ...flags,
      module,
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
