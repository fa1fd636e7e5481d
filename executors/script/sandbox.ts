import { LineSplitter } from "../process/line_splitter.ts";
import { type ProcessIdentity, type ProcessStatus, startProcessTree } from "../process/process_tree.ts";
import { sandboxBoot, type SandboxJob, scriptAddress } from "./boot.ts";
import { permissionFlags, type ScriptGrant } from "./permissions.ts";
import { ResultReader, type ScriptReport } from "./result.ts";

/** How to start a sandbox process. It depends on the grant, and not on the job. */
export interface SandboxCommand {
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** Its whole environment. */
  readonly env: { readonly [name: string]: string };
  /** Bytes of data segment. */
  readonly dataLimit: number;
}

/** What a sandbox process may have. */
export interface SandboxOptions {
  /** What the script may do. */
  readonly grant: ScriptGrant;
  /** Values of the variables that it may read. */
  readonly env: { readonly [name: string]: string };
  /** Bytes of heap. */
  readonly memory: number;
  /** The Deno executable. */
  readonly deno: string;
  /** A private folder, for Deno's cache. */
  readonly directory: string;
}

/** How a sandbox process has ended. */
export interface SandboxEnd {
  /** What its boot code reported; nothing when the process ended before that. */
  readonly report: ScriptReport | undefined;
  /** How the process ended, by itself or ended from outside. */
  readonly status: ProcessStatus;
  /** The last lines of standard error. */
  readonly lastWords: readonly string[];
}

/** A sandbox process with its job. */
export interface Sandbox {
  /** Names its process tree. */
  readonly identity: ProcessIdentity;
  /** Settles when the process tree is gone. */
  readonly ended: Promise<SandboxEnd>;
  /** Lets it begin. */
  begin(): void;
  /** Kills it. */
  end(): void;
}

/** Where a sandbox process keeps its input, and what takes the script's lines. */
export interface SandboxPlace {
  /** A private folder that exists. */
  readonly directory: string;
  /** Takes each line that the script prints. */
  readonly print: (stream: "stdout" | "stderr", line: string) => void;
}

/** Bytes that two V8 isolates reserve before they hold anything (measured: 1.03 GiB on x86-64). */
const reservedData = 1152 * 1024 ** 2;

/** So that a program that may not be run is found, and the error says that it may not be run. */
const usualPath = "/usr/local/bin:/usr/bin:/bin";

const bootModule = `data:text/javascript;base64,${
  btoa(`(${sandboxBoot})(${JSON.stringify(scriptAddress)})`)
}`;

/** The command for a sandbox process with exactly these permissions. */
export function sandboxCommand({ grant, env, memory, deno, directory }: SandboxOptions): SandboxCommand {
  const argv = [
    deno,
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-npm",
    "--no-code-cache",
    "--unstable-worker-options",
    `--v8-flags=--max-old-space-size=${Math.ceil(memory / 1024 ** 2)}`,
    ...permissionFlags(grant),
    bootModule,
  ];
  return {
    argv,
    // A cache of its own; where Deno cannot write one, each script takes 150 ms longer.
    env: { PATH: usualPath, ...env, DENO_DIR: `${directory}/cache`, NO_COLOR: "1" },
    dataLimit: reservedData + memory,
  };
}

/** Starts the supervisor of a sandbox process; {@linkcode Sandbox.begin} starts the process with its job. */
export function startSandbox(
  { argv, env, dataLimit }: SandboxCommand,
  job: SandboxJob,
  { directory, print }: SandboxPlace,
): Sandbox {
  const tree = startProcessTree({
    argv,
    directory,
    env,
    clearEnv: true,
    stdin: JSON.stringify(job),
    dataLimit,
    grace: 0,
    settle: 0,
  });
  const result = new ResultReader(job.nonce, (line) => print("stdout", line));
  const lastWords: string[] = [];
  const takeResult = (line: string) => {
    // The script has ended. What it left running must not go on, and the process need not end by itself.
    if (result.take(line)) tree.end();
  };
  const takeError = (line: string) => {
    lastWords.push(line.slice(0, 1000));
    if (lastWords.length > 100) lastWords.shift();
    print("stderr", line);
  };
  const finish = async (): Promise<SandboxEnd> => {
    const streams = [readLines(tree.stdout, takeResult), readLines(tree.stderr, takeError)];
    const [status] = await Promise.all([tree.status, ...streams]);
    result.end();
    return { report: result.report, status, lastWords };
  };
  return { identity: tree.identity, ended: finish(), begin: () => tree.begin(), end: () => tree.end() };
}

async function readLines(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  const splitter = new LineSplitter(take);
  for await (const chunk of stream) splitter.push(chunk);
  splitter.end();
}
