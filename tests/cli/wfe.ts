import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { eventually, shell } from "../processes.ts";

/** The arguments of `deno` that make the command, exactly as the task `wfe` has them. */
export const wfeArguments: readonly string[] = config.tasks.wfe.command.split(" ").slice(1).map((word) =>
  word === "cli/mod.ts" ? fileURLToPath(new URL(`../../${word}`, import.meta.url)) : word
);

/** A working folder with workflow files. */
export interface Workshop extends Disposable {
  /** Its path. */
  readonly folder: string;
  /** Writes a file. */
  write(name: string, text: string): void;
  /** Reads a file; empty where there is none. */
  read(name: string): string;
  /** Runs `wfe` to its end. */
  wfe(...args: string[]): Promise<Finished>;
  /** Starts `wfe`, with more flags of Deno where they are given. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>, flags?: readonly string[]): Running;
}

/** How a command ended. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Running {
  readonly process: Deno.ChildProcess;
  /** What it has written to standard output until now. */
  readonly printed: () => string;
  /** Waits for its end. */
  readonly finished: Promise<Finished>;
}

/** Makes an empty working folder. */
export function workshop(files: Readonly<Record<string, string>> = {}): Workshop {
  const folder = Deno.makeTempDirSync({ prefix: "wfe-cli-" });
  const write = (name: string, text: string) => Deno.writeTextFileSync(`${folder}/${name}`, text);
  const start = (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): Running => {
    const [verb, ...rest] = wfeArguments;
    const process = new Deno.Command("deno", {
      args: [verb!, ...flags, ...rest, ...args],
      cwd: folder,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let printed = "";
    const finished = finish(process, (text) => printed += text);
    return { process, printed: () => printed, finished };
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    folder,
    write,
    read(name: string): string {
      try {
        return Deno.readTextFileSync(`${folder}/${name}`);
      } catch {
        return "";
      }
    },
    wfe: (...args) => start(args).finished,
    start,
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

async function finish(process: Deno.ChildProcess, onPrinted: (text: string) => void): Promise<Finished> {
  const [{ code }, stdout, stderr] = await Promise.all([
    process.status,
    new Response(
      process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(
        new TransformStream<string, Uint8Array>({
          transform(text, next) {
            onPrinted(text);
            next.enqueue(new TextEncoder().encode(text));
          },
        }),
      ),
    ).text(),
    new Response(process.stderr).text(),
  ]);
  return { code, stdout, stderr };
}

/** Presses Ctrl-C again and again, until a command has ended. */
export async function keepInterrupting({ process, finished }: Running): Promise<Finished> {
  const impatience = setInterval(() => process.kill("SIGINT"), 100);
  // Who has ended cannot be sent a signal, and may have left others that hold its output open.
  await process.status.finally(() => clearInterval(impatience));
  return await finished;
}

/** A workflow of shell steps, given as name and commands. */
export function pipeline(steps: Readonly<Record<string, string>>, more = ""): string {
  const lines = Object.entries(steps).flatMap(([name, run]) => [
    `    - name: ${name}`,
    "      config:",
    "        run: |",
    ...run.split("\n").map((line) => `          ${line}`),
  ]);
  return ["workflow:", "  id: pipeline", "  version: 1", ...(more ? [more] : []), "  steps:", ...lines, ""]
    .join("\n");
}

/** Waits until `holds`, two minutes at most. */
export function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  return eventually(async () => await holds(), 120_000, what);
}

/** Whether a process is there and no zombie. Deno itself may not look into `/proc`. */
export async function isAlive(pid: string): Promise<boolean> {
  return (await shell('grep -qs "^State:[[:space:]]*[A-WYa-z]" "/proc/$1/status"', pid.trim())).code === 0;
}
