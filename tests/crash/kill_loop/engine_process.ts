import type { DrivenMachine } from "../workload/driver.ts";
import type { EngineSettings } from "./messages.ts";
import { RemoteHost } from "./remote_host.ts";

const module = new URL("engine.ts", import.meta.url).pathname;

/** An engine in a process of its own, which can be killed, stopped, and started again as a new one. */
export class EngineProcess implements DrivenMachine {
  readonly #settings: EngineSettings;
  readonly #failed: (problem: string) => void;
  #child: Deno.ChildProcess | null = null;
  #remote: RemoteHost | null = null;
  #process: { readonly death: Promise<void> } | null = null;
  #isUp = false;
  #isStalled = false;
  #starts = 0;

  /** `failed` hears of a process that has ended otherwise than it was meant to. */
  constructor(settings: EngineSettings, failed: (problem: string) => void) {
    this.#settings = settings;
    this.#failed = failed;
  }

  /** The host, if it is up and runs. */
  get host(): RemoteHost | null {
    return this.#isUp && !this.#isStalled ? this.#remote : null;
  }

  /** The name of the process that is there, or was there last: no two have the same. */
  get name(): string {
    return `${this.#settings.name}.${this.#starts}`;
  }

  /** The process, if there is one. */
  get process(): { readonly death: Promise<void> } | null {
    return this.#process;
  }

  /** Starts a process. Returns when it is up, and when it has ended. */
  start(): { readonly up: Promise<void>; readonly death: Promise<void> } {
    this.#starts++;
    const settings = { ...this.#settings, name: this.name };
    const child = new Deno.Command("deno", {
      args: [
        "run",
        "--no-prompt",
        "--quiet",
        "--allow-read",
        "--allow-write",
        "--allow-run",
        "--allow-net=127.0.0.1",
        module,
        JSON.stringify(settings),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const remote = new RemoteHost(child);
    [this.#child, this.#remote, this.#isUp, this.#isStalled] = [child, remote, false, false];
    const errors = new Response(child.stderr).text();
    const death = child.status.then(async ({ code, signal }) => {
      [this.#isUp, this.#process] = [false, null];
      const text = await errors;
      await remote.letGo();
      // A queue that fails is told of on standard error, and nothing else is.
      const isQuiet = text === "" || settings.valkey !== null && text.startsWith("The work queue failed");
      if (signal === "SIGKILL" || code === 0 && isQuiet) return;
      this.#failed(`engine ${settings.name} ended with code ${code}, ${signal}: ${text.trim()}`);
    });
    this.#process = { death };
    const up = Promise.race([remote.up.then(() => void (this.#isUp = true)), death]);
    return { up, death };
  }

  /** `kill -9`. */
  kill(): void {
    if (!this.#process) return;
    this.#isUp = false;
    try {
      this.#child!.kill("SIGKILL");
    } catch {
      // It has ended by itself in this moment.
    }
  }

  /**
   * `kill -STOP`, and `kill -CONT` when `meanwhile` has come to its end. A process of its own does both, which outlives
   * this one: nothing stays stopped, whatever happens here. Returns whether it was done.
   */
  async stall(meanwhile: (pid: number) => Promise<void>): Promise<boolean> {
    if (!this.#process) return false;
    const { pid } = this.#child!;
    const script =
      `trap "" INT TERM HUP; kill -STOP ${pid} && echo stopped && { read -r _; kill -CONT ${pid}; }`;
    this.#isStalled = true;
    const stopper = new Deno.Command("sh", {
      args: ["-c", script],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = stopper.stdout.getReader();
    try {
      if (!(await reader.read()).done) await meanwhile(pid);
    } finally {
      await stopper.stdin.close();
      await reader.cancel();
    }
    const { success } = await stopper.status;
    this.#isStalled = false;
    return success;
  }

  /** Lets the host stop as it should. */
  async stop(): Promise<void> {
    const { process } = this;
    this.#isUp = false;
    this.#remote?.close();
    await process?.death;
  }
}
