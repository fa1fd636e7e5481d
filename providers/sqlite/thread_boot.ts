import type { SqliteDatabase } from "./database.ts";
import type { makeExecutor } from "./executor.ts";
import type { StatementText } from "./write.ts";

/** What the writer's thread is told when it starts. As JSON. */
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
 * The program of the writer's thread: executes groups on a connection of its own, one after the other. It answers
 * every message, in order: `look` (has another connection written?), `close`, or a group as JSON.
 *
 * It travels to the thread as text, so it names nothing but its parameters and globals.
 */
export function serveWriter(
  port: ThreadPort,
  Database: new (path: string) => SqliteDatabase,
  make: typeof makeExecutor,
  config: ThreadConfig,
): void {
  const database = new Database(config.path);
  for (const pragma of config.pragmas) database.prepare(`PRAGMA ${pragma}`).get();
  const executor = make((sql) => database.prepare(sql), config.statements, (error) => {
    const code = codeOf(error);
    return code !== undefined && !config.fatalCodes.includes(code);
  });
  const dataVersion = database.prepare("PRAGMA data_version");
  let version = readVersion();
  let work = Promise.resolve();
  port.on("message", (message) => {
    work = work.then(() => answer(message)).then((text) => port.postMessage(text));
  });
  port.postMessage('"ready"');

  async function answer(message: string): Promise<string> {
    try {
      switch (message) {
        case "look":
          return JSON.stringify(look());
        case "close":
          database.close();
          return '"closed"';
        default:
          return JSON.stringify(
            await run(message),
            (_, value) => value instanceof Error ? describe(value) : value,
          );
      }
    } catch (error) {
      return JSON.stringify({ error: describe(error) });
    }
  }

  async function run(message: string): Promise<unknown> {
    const group = JSON.parse(message);
    const giveUpAt = performance.now() + config.busyTimeout;
    for (let pause = 1;; pause = Math.min(pause * 2, config.longestPause)) {
      try {
        return executor.run(group);
      } catch (error) {
        if (!config.busyCodes.includes(codeOf(error) ?? 0) || performance.now() >= giveUpAt) throw error;
      }
      const share = 0.5 + Math.random();
      await new Promise((resolve) => setTimeout(resolve, pause * share));
    }
  }

  function look(): boolean {
    const before = version;
    version = readVersion();
    return version !== before;
  }

  function readVersion(): unknown {
    return (dataVersion.get() as { readonly data_version: unknown }).data_version;
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
