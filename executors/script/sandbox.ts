import type { LineMask, Secrets } from "../../src/definition/secrets.ts";
import type { StepLogger } from "../../src/definition/step_context.ts";
import { maskedLines } from "../masked_lines.ts";
import { LineSplitter } from "../process/line_splitter.ts";
import {
  type ProcessIdentity,
  type ProcessStatus,
  type ProcessTree,
  startProcessTree,
} from "../process/process_tree.ts";
import { readBytes } from "../process/read_bytes.ts";
import { sandboxBoot, type SandboxJob, type SandboxSetup, scriptAddress } from "./boot.ts";
import { isWithin } from "./path_grant.ts";
import { permissionFlags, type ScriptGrant, workerPermissions } from "./permissions.ts";
import { ResultReader, type ScriptReport } from "./result.ts";
import { workerBoot } from "./worker_boot.ts";
import { workerConsole } from "./worker_console.ts";

/** How to start a sandbox process. It depends on the grant, and not on the job. */
export interface SandboxCommand {
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** Its environment, but for the address of Deno's cache. */
  readonly env: { readonly [name: string]: string };
  /** Bytes of data segment. */
  readonly dataLimit: number;
  /** Bytes of resident memory. */
  readonly residentLimit: number;
  /** Milliseconds from TERM, which the script may hear of, to KILL. */
  readonly grace: number;
  /** Bytes of any file that it writes; none where the script may write files. */
  readonly fileLimit?: number;
  /** Whether it cannot start programs. */
  readonly isAlone: boolean;
}

/** What a sandbox process may have. */
export interface SandboxOptions {
  /** What the script may do. */
  readonly grant: ScriptGrant;
  /** What of it the Worker is given. @default all of it */
  readonly workerGrant?: ScriptGrant;
  /** Values of the engine's variables that it may read. */
  readonly env: { readonly [name: string]: string };
  /** Bytes that the script may use. */
  readonly memory: number;
  /** Milliseconds that a script has to clean up. */
  readonly grace: number;
  /** The Deno executable. */
  readonly deno: string;
}

/** How a sandbox process has ended. */
export interface SandboxEnd {
  /** What its boot code reported; nothing when the process ended before that. */
  readonly report: ScriptReport | undefined;
  /** How the process ended, by itself or ended from outside. */
  readonly status: ProcessStatus;
  /** The last lines of standard error, cut, and without secrets. */
  readonly lastWords: readonly string[];
}

/** Where what a script prints goes. */
export type SandboxLog = Pick<StepLogger, "write" | "room">;

/** A sandbox process. It waits for its job, and takes one. */
export interface Sandbox {
  /** Names its process tree. */
  readonly identity: ProcessIdentity;
  /** Whether its process tree is gone. */
  readonly isGone: boolean;
  /** Settles when its process tree is gone. */
  readonly ended: Promise<SandboxEnd>;
  /** Gives it its job; `log` takes each line that the script prints, `secrets` are kept out of its last words. */
  begin(job: SandboxJob, log?: SandboxLog, secrets?: Secrets): void;
  /** Whether its boot code has reported how the script ended. */
  readonly hasReported: boolean;
  /** Ends it: at once, or after its grace where the script asked to hear of it. */
  end(): void;
}

/** Bytes that two V8 isolates reserve before they hold anything (measured: 1.03 GiB on x86-64). */
const reservedData = 1152 * 1024 ** 2;

/** Bytes that a Worker and its process hold before a script does (measured: 40 MiB), and as much for collected garbage. */
const reservedResident = 80 * 1024 ** 2;

/** The same for the modules that are loaded to be closed (measured: 4 MiB). */
const reservedForClosing = 8 * 1024 ** 2;

/**
 * Bytes of each file that Deno keeps in its cache, of which it makes a few small ones. SQLite sorts in files without
 * asking for a permission, and these have no other limit.
 */
const cacheFile = 256 * 1024;

/** What Deno keeps in databases: what it has found out about modules. */
const cacheDatabases = ["dep_analysis_cache_v2", "node_analysis_cache_v2"];

/** The same where it keeps modules from the network. */
const moduleFile = 64 * 1024 ** 2;

/**
 * What array buffers took is free when V8 has found them let go of, and not when a thread of its own gets round to it: on
 * a busy machine a script that holds 4 MiB had 250 to 390 of them, and now has 150.
 */
const collecting = "--no-concurrent-array-buffer-sweeping";

/** Milliseconds that a sandbox has to end by itself, once it has reported. */
const patience = 100;

/**
 * A name leads to addresses of IPv4 alone: those of IPv6 may stand for any of IPv4 (`::ffff:127.0.0.1`) or be private, and
 * no flag of Deno denies their ranges. By the C library of GNU, from 2.36.
 */
const namesToIpv4 = { RES_OPTIONS: "no-aaaa" };

/**
 * Deno lets everybody reach the graphics card. Its drivers are code that no permission holds, and keep what they have
 * compiled in the user's folder.
 */
const noGraphics = { DENO_WEBGPU_BACKEND: "none" };

/** So that a program that may not be run is found, and the error says that it may not be run. */
const usualPath = "/usr/local/bin:/usr/bin:/bin";

/** The command for a sandbox process with exactly these permissions. */
export function sandboxCommand(options: SandboxOptions): SandboxCommand {
  const { grant, env, memory, grace, deno } = options;
  const isClosed = mayLink(grant);
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
    `--v8-flags=--max-old-space-size=${Math.ceil(memory / 1024 ** 2)},${collecting}`,
    ...permissionFlags(grant),
    bootModule({
      address: scriptAddress,
      workerBoot: `(${workerBoot})(${workerConsole}, ${isClosed})`,
      permissions: workerPermissions(options.workerGrant ?? grant),
    }),
  ];
  return {
    argv,
    // Programs that a script starts have all rights anyway.
    env: { PATH: usualPath, ...env, ...(grant.run ? {} : { ...namesToIpv4, ...noGraphics }), NO_COLOR: "1" },
    dataLimit: reservedData + memory,
    residentLimit: reservedResident + (isClosed ? reservedForClosing : 0) + memory,
    grace,
    isAlone: !grant.run,
    ...(grant.write.length > 0 || grant.run
      ? {}
      : { fileLimit: grant.remoteImport ? moduleFile : cacheFile }),
  };
}

/** Whether what the script may read and what it may write have a folder in common. */
function mayLink({ read, write, run }: ScriptGrant): boolean {
  return !run && read.some((one) => write.some((other) => isWithin(one, other) || isWithin(other, one)));
}

/** UTF-8, because a permission may be a path. */
function bootModule(setup: SandboxSetup): string {
  return `data:text/javascript,${encodeURIComponent(`(${sandboxBoot})(${JSON.stringify(setup)})`)}`;
}

/** Starts a sandbox process. `directory` is a private folder that exists, for its input and for Deno's cache. */
export function startSandbox({ env, ...command }: SandboxCommand, directory: string): Sandbox {
  const cache = `${directory}/cache`;
  Deno.mkdirSync(cache, { recursive: true, mode: 0o700 });
  // No folder can be made here, so `caches`, which asks for no permission, keeps nothing on disk, in no Worker.
  Deno.writeFileSync(`${cache}/location_data`, new Uint8Array(), { mode: 0o600 });
  // Where its databases would be, so that Deno has them in memory at once.
  for (const name of cacheDatabases) Deno.mkdirSync(`${cache}/${name}`, { recursive: true, mode: 0o700 });
  const tree = startProcessTree({
    ...command,
    directory,
    // A cache of its own; where Deno cannot write one, each script takes 150 ms longer.
    env: { ...env, DENO_DIR: cache },
    clearEnv: true,
    isFed: true,
    settle: 0,
  });
  tree.begin();
  return new StartedSandbox(tree);
}

class StartedSandbox implements Sandbox {
  readonly identity: ProcessIdentity;
  readonly ended: Promise<SandboxEnd>;
  readonly #tree: ProcessTree;
  readonly #lastWords: string[] = [];
  #isGone = false;
  #result: ResultReader | undefined;
  #log: SandboxLog = noLog;
  #words: LineMask = this.#keepWords(undefined);
  #lastResort: ReturnType<typeof setTimeout> | undefined;

  constructor(tree: ProcessTree) {
    this.identity = tree.identity;
    this.#tree = tree;
    this.ended = this.#supervise();
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get hasReported(): boolean {
    return this.#result?.isComplete ?? false;
  }

  begin(job: SandboxJob, log = noLog, secrets?: Secrets): void {
    this.#log = log;
    this.#words = this.#keepWords(secrets);
    this.#result = new ResultReader(job, (stream, line) => log.write(stream, line));
    this.#tree.feed(JSON.stringify(job));
  }

  end(): void {
    this.#tree.end();
  }

  async #supervise(): Promise<SandboxEnd> {
    const streams = [
      this.#readLines(this.#tree.stdout, (line) => this.#takeLine(line)),
      this.#readLines(this.#tree.stderr, (line) => this.#takeError(line)),
    ];
    const [status] = await Promise.all([this.#tree.status, ...streams]);
    clearTimeout(this.#lastResort);
    this.#isGone = true;
    this.#words.end();
    this.#result?.end();
    return { report: this.#result?.report, status, lastWords: this.#lastWords };
  }

  async #readLines(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
    const splitter = new LineSplitter(take);
    await readBytes(stream, (bytes) => {
      splitter.push(bytes);
      return this.#log.room();
    });
    splitter.end();
  }

  #takeLine(line: string): void {
    // It kills itself after its result; the script may have stopped its process just before that.
    if (this.#result?.take(line)) this.#lastResort = setTimeout(() => this.end(), patience);
  }

  #takeError(line: string): void {
    this.#words.push(line);
    this.#log.write("stderr", line);
  }

  #keepWords(secrets: Secrets | undefined): LineMask {
    return maskedLines(secrets, (line) => {
      this.#lastWords.push(line.slice(0, 1000));
      if (this.#lastWords.length > 100) this.#lastWords.shift();
    });
  }
}

/** For what is no step. */
export const noLog: SandboxLog = { write: () => {}, room: () => Promise.resolve() };
