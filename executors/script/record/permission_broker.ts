import { z } from "zod";
import { bytesOf } from "../../../src/definition/bytes_of.ts";
import { ScriptSandboxError } from "../errors.ts";
import type { PermissionRequest } from "./permission_request.ts";

/** Longest path of a socket, in bytes: the least of Linux and macOS. */
const longestPath = 103;

const requestSchema = z.object({ id: z.int(), permission: z.string(), value: z.string().nullable() });

/**
 * Answers what Deno processes ask that are started with `DENO_PERMISSION_BROKER_PATH`: then Deno asks for everything,
 * and its own flags and the permissions of Workers count for nothing. A process whose broker goes away ends.
 */
export class PermissionBroker implements AsyncDisposable {
  readonly #listener: Deno.UnixListener;
  readonly #path: string;
  readonly #connections = new Set<Deno.UnixConn>();
  readonly #served: Promise<void>;

  /**
   * Listens at `path`, a socket that only this user can reach.
   *
   * @param decide whether what is asked may be done
   * @throws {ScriptSandboxError} where it cannot listen
   */
  constructor(path: string, decide: (request: PermissionRequest) => boolean) {
    this.#path = path;
    this.#listener = listen(path);
    this.#served = this.#serve(decide);
  }

  /** Closes all connections and removes the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await this.#served;
    remove(this.#path);
  }

  async #serve(decide: (request: PermissionRequest) => boolean): Promise<void> {
    const answered: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.#connections.add(connection);
      answered.push(
        answer(connection, decide).catch(() => {}).finally(() => this.#connections.delete(connection)),
      );
    }
    await Promise.all(answered);
  }
}

/** One request a line, one answer a line. What is no request ends the connection, and so its process. */
async function answer(
  connection: Deno.UnixConn,
  decide: (request: PermissionRequest) => boolean,
): Promise<void> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let text = "";
  try {
    for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
      const lines = (text + decoder.decode(buffer.subarray(0, read), { stream: true })).split("\n");
      text = lines.pop()!;
      for (const line of lines) await write(connection, answerTo(line, decide));
    }
  } finally {
    close(connection);
  }
}

function answerTo(line: string, decide: (request: PermissionRequest) => boolean): string {
  const { id, ...request } = requestSchema.parse(JSON.parse(line));
  if (decide(request)) return JSON.stringify({ id, result: "allow" });
  // In Deno's own words, so that the script is told as it is without a broker.
  const { permission, value } = request;
  const target = value === null ? "" : ` to ${value.startsWith("<") ? value : `"${value}"`}`;
  const reason = `Requires ${permission} access${target}, run again with the --allow-${permission} flag`;
  return JSON.stringify({ id, result: "deny", reason });
}

async function write(connection: Deno.UnixConn, line: string): Promise<void> {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
}

function listen(path: string): Deno.UnixListener {
  if (bytesOf(path) > longestPath) {
    throw new ScriptSandboxError(
      `the path of the socket to record by is longer than ${longestPath} bytes, received ${
        JSON.stringify(path)
      }; ` +
        "name a database with a shorter path",
    );
  }
  // One process records at a time; what another has left is of one that has ended.
  remove(path);
  try {
    const listener = Deno.listen({ transport: "unix", path });
    Deno.chmodSync(path, 0o600);
    return listener;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    throw new ScriptSandboxError(
      `recording permissions needs a socket; start the engine with --allow-net=unix:${path} and with ` +
        "--allow-read and --allow-write of this path",
      { cause },
    );
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function close(connection: Deno.UnixConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
