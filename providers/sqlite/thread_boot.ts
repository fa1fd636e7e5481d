import type { SqliteDatabase } from "./database.ts";
import type { Executor, FailedWrite, GroupOutcome, makeExecutor } from "./executor.ts";
import type { StatementText, WriteRows } from "./write.ts";

/** What the writer's thread is told when it starts: plain data, which is copied to it. */
export interface ThreadConfig {
  /** The database file. */
  readonly path: string;
  /** Pragmas of its connection. */
  readonly pragmas: readonly string[];
  /** The statements that writes name by number. */
  readonly statements: readonly StatementText[];
  /** Result codes of SQLite after which a transaction cannot go on. */
  readonly fatalCodes: readonly number[];
  /** Result codes of SQLite after which the same transaction may go through a moment later. */
  readonly busyCodes: readonly number[];
  /** Milliseconds to go on trying while another connection holds the write lock. */
  readonly busyTimeout: number;
  /** Milliseconds of the longest pause in between. */
  readonly longestPause: number;
}

/** A driver's error as it travels. */
export interface ErrorText {
  /** Its message. */
  readonly message: string;
  /** The driver's code. */
  readonly code?: unknown;
  /** SQLite's result code. */
  readonly errcode?: unknown;
}

/** The end of the thread that it hears and speaks through. */
export interface ThreadPort {
  /** Sends a text. */
  postMessage(text: string): void;
  /** Calls back for each text. */
  on(event: "message", listener: (text: string) => void): unknown;
}

/**
 * The program of the writer's thread: executes groups on a connection of its own, one after the other. It says when it
 * is ready, then answers every message, in order: `close`, or a group as JSON. All that it says is JSON.
 *
 * It travels to the thread as text, so it names nothing but its parameters and globals.
 */
export function serveWriter(
  port: ThreadPort,
  Database: new (path: string) => SqliteDatabase,
  make: typeof makeExecutor,
  config: ThreadConfig,
): void {
  const { statements, fatalCodes, busyCodes, busyTimeout, longestPause } = config;
  let database: SqliteDatabase;
  let executor: Executor;
  let work = Promise.resolve();
  try {
    database = new Database(config.path);
    for (const pragma of config.pragmas) database.prepare(`PRAGMA ${pragma}`).get();
    executor = make((sql) => database.prepare(sql), statements, (error) => {
      const code = codeOf(error);
      return code !== undefined && !fatalCodes.includes(code);
    });
    port.on("message", (message) => {
      work = work.then(() => answer(message));
    });
    say("ready");
  } catch (error) {
    say({ error: describe(error) });
  }

  async function answer(message: string): Promise<void> {
    try {
      if (message === "close") database.close();
      say(message === "close" ? "closed" : await run(message));
    } catch (error) {
      say({ error: describe(error) });
    }
  }

  async function run(message: string): Promise<GroupOutcome> {
    const group = JSON.parse(message);
    const giveUpAt = performance.now() + busyTimeout;
    for (let pause = 1;; pause = Math.min(pause * 2, longestPause)) {
      try {
        const { results, commitTime } = executor.run(group);
        return { results: results && results.map(sendable), commitTime };
      } catch (error) {
        if (!busyCodes.includes(codeOf(error) ?? 0) || performance.now() >= giveUpAt) throw error;
      }
      const share = 0.5 + Math.random();
      await new Promise((resolve) => setTimeout(resolve, pause * share));
    }
  }

  function say(answer: unknown): void {
    port.postMessage(JSON.stringify(answer));
  }

  function sendable(result: WriteRows | FailedWrite): WriteRows | FailedWrite {
    return result && "error" in result ? { error: describe(result.error) } : result;
  }

  function codeOf(error: unknown): number | undefined {
    const code = (error as { readonly errcode?: unknown }).errcode;
    return typeof code === "number" ? code & 0xff : undefined;
  }

  function describe(error: unknown): ErrorText {
    const { message, code, errcode } = error as ErrorText;
    return { message: message ?? String(error), code, errcode };
  }
}
