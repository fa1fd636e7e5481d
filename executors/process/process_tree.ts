import { constants } from "node:os";
import { ProcessStartError } from "./process_error.ts";
import { type ProcessShell, spawnShell } from "./process_shell.ts";
import { boundedStream } from "./bounded_stream.ts";
import { writePipe } from "./input_pipe.ts";
import { inherited, keptVariables, passedEnvironment } from "./process_environment.ts";
import { LEFTOVER, SUPERVISOR } from "./supervisor.ts";

export { ProcessStartError, type ProcessStartReason } from "./process_error.ts";
export type { ProcessShell } from "./process_shell.ts";

/** What to run, and where. */
export interface ProcessTreeOptions {
  /**
   * The program, found in the engine's PATH, and its arguments (each below 128 KiB on Linux). A function gets the
   * shell that has been found on this system.
   */
  readonly argv: readonly string[] | ((shell: ProcessShell) => readonly string[]);
  /** A private folder that exists; input is passed by a pipe in it. A tree that ends before it has its input removes it. */
  readonly directory: string;
  /** The program's working directory. @default the engine's */
  readonly cwd?: string;
  /** Variables added to the environment. Names are those of shell variables, and do not begin with `wfe_`. */
  readonly env?: { readonly [name: string]: string };
  /** Whether the program sees nothing of the engine's environment. The shell adds PWD and SHLVL. @default false */
  readonly clearEnv?: boolean;
  /** Variables of the engine's environment that the program sees all the same, where they are set. @default none */
  readonly keepEnv?: readonly string[];
  /** Whether standard input is a pipe, which {@linkcode ProcessTree.feed} fills. @default false, it is empty */
  readonly isFed?: boolean;
  /** Bytes of data segment and heap that each process may have (`ulimit -d`). @default no limit */
  readonly dataLimit?: number;
  /**
   * Bytes that a file may grow to by what a process writes (`ulimit -f`; where the shell counts in 512 bytes, half of
   * them). To write more is an error. @default no limit
   */
  readonly fileLimit?: number;
  /**
   * Bytes of resident memory, without that of files, at which the main process is killed, once it has its input.
   * Standard error then says `out of memory`. On Linux only. @default no limit
   */
  readonly residentLimit?: number;
  /** Milliseconds between TERM and KILL. @default 5000 */
  readonly grace?: number;
  /** Milliseconds in which what the program left behind may finish by itself. @default 1000 */
  readonly settle?: number;
  /**
   * Whether the program cannot start others: then its process group is all that is looked at, and the system is not
   * searched. @default false
   */
  readonly isAlone?: boolean;
}

/** Names a process tree for {@linkcode endLeftover}, also in another process of the engine. JSON. */
export interface ProcessIdentity {
  /** Process id of the supervisor. It says nothing by itself, because the system uses ids again. */
  readonly pid: number;
  /** Unique. On the supervisor's command line, and in WFE_STEP_TOKEN in the environment of the tree. */
  readonly token: string;
}

/** How the program ended. */
export interface ProcessStatus {
  /** Its exit code; 128 + n after signal n. */
  readonly code: number;
  /** The signal that an exit code above 128 stands for, as in a shell. */
  readonly signal: string | null;
}

/** A program and all the processes that it starts. They end with it, on {@linkcode end}, and when the engine dies. */
export interface ProcessTree extends AsyncDisposable {
  /** Names the tree; to be journalled before {@linkcode begin}. */
  readonly identity: ProcessIdentity;
  /** The shell that supervises it. */
  readonly shell: ProcessShell;
  /** Lets the program begin. Until then only the supervisor runs. */
  begin(): void;
  /** Gives the program its whole standard input, once, where it is fed. */
  feed(input: Uint8Array | string): void;
  /** What the tree prints. It has to be read or cancelled; the program waits while it is not. */
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** What the tree prints to standard error, on the same terms. */
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Settles when the whole tree is gone. */
  readonly status: Promise<ProcessStatus>;
  /** Ends the whole tree: TERM, then KILL after the grace. */
  end(): void;
}

const GRACE = 5000;
const SETTLE = 1000;

/** Milliseconds beyond the grace that a supervisor has to end its tree. */
const PATIENCE = 2000;

/** How often the shell that ends leftovers is started, where it is killed. */
const TRIES = 10;

/**
 * Prepares a process tree under a supervisor of its own; {@linkcode ProcessTree.begin} starts the program.
 *
 * When the program's main process has exited, what it left behind (background processes, daemons) has `settle`
 * milliseconds, then gets TERM, and KILL after the grace. Processes that leave the process group are found by their
 * environment on Linux only.
 *
 * @throws {ProcessStartError} Where there is no shell, no permission, no such `cwd`, or too much to pass.
 */
export function startProcessTree(options: ProcessTreeOptions): ProcessTree {
  const { directory, argv, env = {}, grace = GRACE, settle = SETTLE } = options;
  const token = crypto.randomUUID();
  const pipe = options.isFed ? `${directory}/stdin-${token}` : "";
  const limits = [shellLimits(options), kibibytes(options.residentLimit)];
  const settings = [token, shellTime(grace), shellTime(settle), options.isAlone ? "1" : "", pipe, ...limits];
  const kept = keptVariables(options.keepEnv ?? []);
  const request = (shell: ProcessShell, withheld: readonly string[]) => {
    const { names, values } = passedEnvironment({ ...inherited(withheld, env), ...env });
    const args = [...settings, names, ...(typeof argv === "function" ? argv(shell) : argv)];
    // The supervisor has them as they are, too: it finds the program, and its own, by PATH.
    return { args, env: { ...kept, ...values } };
  };
  const { shell, child } = spawnShell(SUPERVISOR, request, {
    clearEnv: options.clearEnv ?? false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  return new SupervisedTree(child, shell, { token, grace, pipe });
}

/**
 * Ends what an engine process that died has left of a tree, and waits until it is gone. Harmless where nothing is
 * left, and on another machine.
 *
 * @throws {ProcessStartError} Where there is no shell, or no permission to run it.
 * @throws {TypeError} Where `identity` is none.
 */
export async function endLeftover(
  identity: ProcessIdentity,
  options: { readonly grace?: number } = {},
): Promise<void> {
  if (!isProcessIdentity(identity)) {
    throw new TypeError(
      `Cannot end processes: expected a process identity, received ${JSON.stringify(identity)}`,
    );
  }
  const { grace = GRACE } = options;
  const args = [identity.token, String(identity.pid), shellTime(grace), shellTime(grace + 500)];
  for (let tries = 0; tries < TRIES; tries++) {
    const { child } = spawnShell(LEFTOVER, () => ({ args }), { stdout: "null", stderr: "null" });
    const waking = keepAwake(child);
    const [{ success }] = await Promise.all([child.status, child.stdin.close().catch(ignore)]);
    clearInterval(waking);
    if (success) return;
  }
  throw new ProcessStartError(
    `Cannot end processes: the shell that ends them was killed ${TRIES} times. End what has ${identity.token} in its environment`,
    "other",
  );
}

/** Whether a value read from a journal is a {@linkcode ProcessIdentity}. */
export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  const { pid, token } = (value ?? {}) as Partial<ProcessIdentity>;
  return Number.isSafeInteger(pid) && pid! > 0 && typeof token === "string" && /^[0-9a-f-]{36}$/.test(token);
}

/** What a tree was started with. */
interface TreeSettings {
  readonly token: string;
  readonly grace: number;
  /** Name of the pipe for its input, if it has one. */
  readonly pipe: string;
}

class SupervisedTree implements ProcessTree {
  readonly identity: ProcessIdentity;
  readonly shell: ProcessShell;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly status: Promise<ProcessStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #control: WritableStreamDefaultWriter<Uint8Array>;
  readonly #settings: TreeSettings;
  #waking: ReturnType<typeof setInterval> | undefined;
  #exited = false;
  #fed: Promise<void> | undefined;
  #lastResort: ReturnType<typeof setTimeout> | undefined;

  constructor(child: Deno.ChildProcess, shell: ProcessShell, settings: TreeSettings) {
    this.identity = { pid: child.pid, token: settings.token };
    this.shell = shell;
    this.#child = child;
    this.#settings = settings;
    this.#control = child.stdin.getWriter();
    this.status = this.#supervise();
    [this.stdout, this.stderr] = [
      boundedStream(child.stdout, this.status),
      boundedStream(child.stderr, this.status),
    ];
  }

  begin(): void {
    if (this.#settings.pipe === "") this.#keepAwake();
    this.#tell("begin\n");
  }

  feed(input: Uint8Array | string): void {
    this.#keepAwake();
    this.#fed = writePipe(this.#settings.pipe, input, () => this.#exited).then(() => this.#tell("fed\n"));
    this.#fed.catch(() => this.end());
  }

  end(): void {
    if (this.#exited || this.#lastResort !== undefined) return;
    this.#lastResort = setTimeout(() => signalTo(this.#child, "SIGKILL"), this.#settings.grace + PATIENCE);
    this.#control.close().catch(ignore);
    signalTo(this.#child, "SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await this.status;
    await Promise.all(
      [this.stdout, this.stderr].map((stream) => stream.locked ? undefined : stream.cancel()),
    );
  }

  async #supervise(): Promise<ProcessStatus> {
    const { code, signal } = await this.#child.status;
    this.#exited = true;
    clearInterval(this.#waking);
    clearTimeout(this.#lastResort);
    const closed = this.#control.close().catch(ignore);
    // The supervisor itself was killed, so what it watched over may still be there. After end() it has had its grace.
    const grace = this.#lastResort === undefined ? this.#settings.grace : 0;
    if (signal !== null) await endLeftover(this.identity, { grace });
    await Promise.all([this.#fed, closed]);
    return { code, signal: signal ?? signalOf(code) };
  }

  #keepAwake(): void {
    if (!this.#exited) this.#waking ??= keepAwake(this.#child);
  }

  #tell(lines: string): void {
    this.#control.write(new TextEncoder().encode(lines)).catch(ignore);
  }
}

/** What it supervises may have stopped a shell: it goes on within a second. */
function keepAwake(shell: Deno.ChildProcess): ReturnType<typeof setInterval> {
  return setInterval(() => signalTo(shell, "SIGCONT"), 1000);
}

function signalTo(shell: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    shell.kill(signal);
  } catch (error) {
    // It has exited, and its status is on its way.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What the supervisor sets by `ulimit`. */
function shellLimits({ dataLimit, fileLimit }: ProcessTreeOptions): string {
  const limits = [["d", kibibytes(dataLimit)], ["f", kibibytes(fileLimit)]];
  return limits.filter(([, value]) => value !== "").map((limit) => limit.join("=")).join(" ");
}

function kibibytes(bytes: number | undefined): string {
  return bytes === undefined ? "" : String(Math.ceil(bytes / 1024));
}

/** As the supervisor's clock counts. */
function shellTime(milliseconds: number): string {
  return String(Math.ceil(milliseconds / 10));
}

function signalOf(code: number): string | null {
  const number = code - 128;
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}

function ignore(): void {}
