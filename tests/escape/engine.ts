import { fileURLToPath } from "node:url";
import type { ScriptPermissions } from "../../src/yaml/step_types/permissions.ts";

/** A step to run, or without a script the question how much memory the engine has. */
export interface EngineRequest {
  /** Names the answer. */
  readonly id: number;
  /** The step's script. */
  readonly script?: string;
  /** What it is granted. */
  readonly permissions?: ScriptPermissions;
  /** Bytes of memory that it may have. */
  readonly memory?: number;
  /** Milliseconds from its first line until its attempt is aborted; none: it is not. */
  readonly timeout?: number;
}

/** How a step ended. */
export interface EngineAnswer {
  /** The request's. */
  readonly id: number;
  /** All that the script gave: its outputs, and the beginning of what it printed. */
  readonly given: string;
  /** Resident bytes of the engine. */
  readonly rss: number;
  /** Names the step's process tree. */
  readonly token?: string;
  /** What the executor threw. */
  readonly error?: { readonly name: string; readonly reason?: string; readonly message: string };
}

/** An engine in a process of its own. */
export class Engine implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, PromiseWithResolvers<EngineAnswer>>();
  readonly #ended: Promise<void>;
  #count = 0;

  /** Starts it, with variables that scripts may look for. */
  constructor(env: Record<string, string>) {
    const flags = [
      "--no-prompt",
      "--quiet",
      "--allow-read",
      "--allow-write",
      "--allow-env=PATH,HOME,ESCAPE_SECRET",
      // Else V8 keeps tens of megabytes of garbage, once a flood has been read, and what the engine keeps would not show.
      "--v8-flags=--max-semi-space-size=4,--expose-gc",
    ];
    const module = fileURLToPath(new URL("engine_main.ts", import.meta.url));
    // By bash: the right to run "deno" need not be one to run this Deno.
    this.#child = new Deno.Command("bash", {
      args: ["-c", 'exec "$@"', "bash", Deno.execPath(), "run", ...flags, "--allow-run=bash,sh", module],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#requests = this.#child.stdin.getWriter();
    this.#ended = this.#read();
  }

  /** Runs a step; rejects when the engine does not live to see its end. */
  run(request: Omit<EngineRequest, "id">): Promise<EngineAnswer> {
    const id = this.#count++;
    const waiting = Promise.withResolvers<EngineAnswer>();
    this.#waiting.set(id, waiting);
    this.#requests.write(new TextEncoder().encode(`${JSON.stringify({ ...request, id })}\n`)).catch(() => {});
    return waiting.promise;
  }

  /** Ends it, and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#requests.close().catch(() => {});
    await Promise.all([this.#ended, this.#child.status]);
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#take(JSON.parse(line));
    }
    for (const { reject } of this.#waiting.values()) reject(new Error("the engine has died"));
  }

  #take(answer: EngineAnswer): void {
    this.#waiting.get(answer.id)?.resolve(answer);
    this.#waiting.delete(answer.id);
  }
}
