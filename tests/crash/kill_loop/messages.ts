import type { History } from "../../../src/definition/definition.ts";
import type { DrivenHost } from "../workload/driver.ts";

/** What an engine process is told when it is started. */
export interface EngineSettings {
  /** Its name, new for each start. */
  readonly name: string;
  /** Folder of the database and of the logs. */
  readonly folder: string;
  /** Milliseconds that a lease lasts. */
  readonly leaseTtl: number;
  /** How much of loops is kept. */
  readonly history: History;
  /** Milliseconds that a body works, on average. */
  readonly work: number;
  /** Name of a defect of its store, which must be found. */
  readonly defect: string | null;
  /** The store on a server; null for the database in the folder. */
  readonly server: ServerSettings | null;
  /** Milliseconds by which its machine's clock is wrong. */
  readonly clockError: number;
  /** The search index that it feeds: an OpenSearch server and the name of the index; null for none. */
  readonly search: { readonly url: string; readonly index: string } | null;
  /** URL of the Valkey server that has its queue and its locks; null for none. */
  readonly valkey: string | null;
}

/** How an engine process finds its store on a server. */
export interface ServerSettings {
  /** The server's URL. */
  readonly url: string;
  /** The schema. */
  readonly schema: string;
  /** Milliseconds that it waits for an answer: less than a network may be down. */
  readonly statementTimeout: number;
}

/** Milliseconds that the workload takes for things. */
export const pace = { work: 8, short: 80, long: 400 };

/** Files in the folder. */
export const files = { database: "test.db", effects: "effects.log", published: "published.log" };

/** A question to the host of an engine process, a line on its standard input. */
export interface Question {
  readonly id: number;
  readonly verb: keyof DrivenHost;
  readonly args: readonly unknown[];
}

/** The last line on an engine's standard input, where it is to stop. Where there is none, whoever asks has died. */
export interface Farewell {
  readonly farewell: true;
}

/** A line on an engine's standard output: it is up, or has an answer. */
export type Answer =
  | { readonly up: true }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly code: unknown; readonly error: string };

/** The lines of a stream, each as JSON. */
export async function* messagesIn<Message>(stream: ReadableStream<Uint8Array>): AsyncIterable<Message> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}
