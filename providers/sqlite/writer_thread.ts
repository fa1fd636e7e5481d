import { Worker } from "node:worker_threads";
import { longestPause } from "./connection.ts";
import { pragmasFor, type SqliteDurability } from "./database.ts";
import { busyCodes, fatalCodes } from "./errors.ts";
import { type Group, type GroupOutcome, makeExecutor } from "./executor.ts";
import type { DatabaseFile } from "./file.ts";
import { type ErrorText, serveWriter, type ThreadConfig } from "./thread_boot.ts";
import { statements } from "./write.ts";

interface Request {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The writer's thread has ended, or could not be started: what it was doing may be done or not. */
export class ThreadEndedError extends Error {
  /** `why` completes the message. */
  constructor(why: string, options?: ErrorOptions) {
    super(`the writer's thread has ended: ${why}`, options);
    this.name = "ThreadEndedError";
  }
}

/**
 * A thread that executes groups on a connection of its own, so that no fsync holds up the event loop. Unlike a Worker
 * of the web it lets a program end that never closes its store: it counts only while it is asked something.
 */
export class WriterThread {
  readonly #worker: Worker;
  readonly #requests: Request[] = [];
  readonly #ready: Promise<unknown>;
  #ended: ThreadEndedError | null = null;

  constructor(config: ThreadConfig) {
    this.#worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      workerData: config,
    });
    this.#worker.on("message", (text: string) => this.#answer(text));
    this.#worker.on(
      "error",
      (error: Error) => this.#end(new ThreadEndedError(error.message, { cause: error })),
    );
    this.#worker.on("exit", (code: number) => this.#end(new ThreadEndedError(`exit code ${code}`)));
    this.#ready = this.#expect();
    // Who does not wait for it hears of a failure by the next request.
    this.#ready.catch(() => {});
  }

  /** Resolves when the database is open. */
  async ready(): Promise<void> {
    await this.#ready;
  }

  /** Executes a group. Rejects with the driver's error where nothing of it was done, or a {@linkcode ThreadEndedError}. */
  async run(group: Group): Promise<GroupOutcome> {
    const { results, commitTime } = await this.#ask(JSON.stringify(group)) as GroupOutcome;
    const revived =
      results?.map((result) =>
        result && "error" in result ? { error: reviveError(result.error as ErrorText) } : result
      ) ?? null;
    return { results: revived, commitTime };
  }

  /** Closes the database behind what was asked before, and ends the thread. */
  async close(): Promise<void> {
    try {
      await this.#ask("close");
    } catch {
      // It has ended already.
    }
    this.#end(new ThreadEndedError("it was closed"));
    await this.#worker.terminate();
  }

  #ask(message: string): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    const answer = this.#expect();
    this.#worker.postMessage(message);
    return answer;
  }

  #expect(): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#worker.ref();
    this.#requests.push({ resolve, reject });
    return promise;
  }

  #answer(text: string): void {
    const request = this.#requests.shift();
    if (this.#requests.length === 0) this.#worker.unref();
    const answer = JSON.parse(text) as { readonly error?: ErrorText };
    if (answer.error) request?.reject(reviveError(answer.error));
    else request?.resolve(answer);
  }

  #end(error: ThreadEndedError): void {
    this.#ended ??= error;
    for (const { reject } of this.#requests.splice(0)) reject(this.#ended);
  }
}

/**
 * Starts the thread of a database file.
 *
 * @throws {ThreadEndedError} where it does not come up
 * @throws {StoreError} where it has not opened the same file
 */
export async function startWriterThread(
  file: DatabaseFile,
  durability: SqliteDurability,
  busyTimeout: number,
): Promise<WriterThread> {
  const thread = new WriterThread({
    path: file.path,
    pragmas: pragmasFor(durability),
    statements,
    fatalCodes,
    busyCodes,
    busyTimeout,
    longestPause,
  });
  try {
    await thread.ready();
    const missing = file.check();
    if (missing) throw missing;
    return thread;
  } catch (error) {
    await thread.close();
    throw error;
  }
}

/**
 * The thread's module: it imports nothing but what is built in, so it is the same from a folder, a URL or an executable.
 * What differs from database to database comes as data: Deno keeps the compiled code of every module that it has seen.
 */
const source = `import { parentPort, workerData } from "node:worker_threads";
import { DatabaseSync } from "node:sqlite";
(${serveWriter})(parentPort, DatabaseSync, ${makeExecutor}, workerData);`;

/** A driver's error as it was thrown in the thread. */
function reviveError({ message, code, errcode }: ErrorText): Error {
  return Object.assign(new Error(message), { code, errcode });
}
