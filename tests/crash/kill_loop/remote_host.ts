import type { DrivenHost } from "../workload/driver.ts";
import { type Answer, type Farewell, messagesIn, type Question } from "./messages.ts";

interface Asked {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What an engine process did not do: with the code of its host's error. */
class RemoteError extends Error {
  readonly code: unknown;

  constructor(message: string, code: unknown) {
    super(message);
    this.code = code;
  }
}

/** The host of an engine process. What it is asked when it is killed is never answered. */
export class RemoteHost implements DrivenHost {
  /** Resolves when it is up, or never. */
  readonly up: Promise<void>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #asked = new Map<number, Asked>();
  readonly #encoder = new TextEncoder();
  #count = 0;
  #isUp!: () => void;

  /** Speaks over the standard input and output of a process. */
  constructor(process: Deno.ChildProcess) {
    this.#input = process.stdin.getWriter();
    this.up = new Promise((resolve) => this.#isUp = resolve);
    void this.#listen(process.stdout);
  }

  startWorkflow(...args: Parameters<DrivenHost["startWorkflow"]>): ReturnType<DrivenHost["startWorkflow"]> {
    return this.#ask("startWorkflow", args);
  }

  publishEvent(...args: Parameters<DrivenHost["publishEvent"]>): Promise<void> {
    return this.#ask("publishEvent", args);
  }

  suspendWorkflow(runId: string): Promise<void> {
    return this.#ask("suspendWorkflow", [runId]);
  }

  resumeWorkflow(runId: string): Promise<void> {
    return this.#ask("resumeWorkflow", [runId]);
  }

  cancelWorkflow(runId: string): Promise<void> {
    return this.#ask("cancelWorkflow", [runId]);
  }

  terminateWorkflow(runId: string): Promise<void> {
    return this.#ask("terminateWorkflow", [runId]);
  }

  retryWorkflow(runId: string): Promise<void> {
    return this.#ask("retryWorkflow", [runId]);
  }

  getWorkflow(runId: string): ReturnType<DrivenHost["getWorkflow"]> {
    return this.#ask("getWorkflow", [runId]);
  }

  listWorkflows(...args: Parameters<DrivenHost["listWorkflows"]>): ReturnType<DrivenHost["listWorkflows"]> {
    return this.#ask("listWorkflows", args);
  }

  /** Asks nothing more: the process stops. */
  close(): void {
    this.#send({ farewell: true });
    this.#input.close().catch(() => {});
  }

  /** The process has died: lets go of what led to it. */
  async letGo(): Promise<void> {
    await this.#input.abort().catch(() => {});
  }

  #ask<Value>(verb: Question["verb"], args: readonly unknown[]): Promise<Value> {
    const id = ++this.#count;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#asked.set(id, { resolve, reject });
    const question: Question = { id, verb, args };
    this.#send(question);
    return promise as Promise<Value>;
  }

  /** What a dead process is sent is never taken. */
  #send(line: Question | Farewell): void {
    this.#input.write(this.#encoder.encode(`${JSON.stringify(line)}\n`)).catch(() => {});
  }

  async #listen(output: ReadableStream<Uint8Array>): Promise<void> {
    try {
      for await (const answer of messagesIn<Answer>(output)) this.#hear(answer);
    } catch {
      // The process has died.
    }
  }

  #hear(answer: Answer): void {
    if ("up" in answer) return this.#isUp();
    const asked = this.#asked.get(answer.id)!;
    this.#asked.delete(answer.id);
    if ("error" in answer) asked.reject(new RemoteError(answer.error, answer.code));
    else asked.resolve(answer.value);
  }
}
