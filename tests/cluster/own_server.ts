import { hasPostgres } from "../../providers/postgres/testing_postgres.ts";
import { freePort } from "../../providers/testing_port.ts";
import { shell } from "../processes.ts";

/** A PostgreSQL server for one test alone, which may stop and start it. */
export class OwnServer implements AsyncDisposable {
  /** Its port. */
  readonly port: number;
  readonly #fsync: boolean;
  /** Where its data are, if they are removed with it. */
  #folder: string | null = null;

  private constructor(port: number, fsync: boolean) {
    this.port = port;
    this.#fsync = fsync;
  }

  /** Where clients find it. */
  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Starts it; the first time it is made, and then flushes what it commits, or does not. */
  static async start(port: number, { fsync = false } = {}): Promise<OwnServer> {
    const server = new OwnServer(port, fsync);
    await server.#run("start");
    return server;
  }

  /** Makes one at a port that is free, without a trace when it is stopped: its files may be changed. */
  static async make(): Promise<OwnServer> {
    const server = await OwnServer.start(freePort());
    const folder = `${Deno.env.get("SERVICES_HOME") ?? "/tmp/wfe-services"}/postgres-${server.port}`;
    // One that answers is left alone by who starts it, and is not ours.
    await Deno.stat(`${folder}/pid`);
    server.#folder = folder;
    return server;
  }

  /** `pg_ctl restart`: clients are let go, or it ends as in a crash. */
  async restart(how: "fast" | "immediate"): Promise<void> {
    await this.#run("stop", how);
    await this.#run("start");
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run("stop");
    if (this.#folder) await Deno.remove(this.#folder, { recursive: true });
  }

  async #run(verb: "start" | "stop", how = "fast"): Promise<void> {
    const script = new URL(`../../scripts/services/${verb}`, import.meta.url).pathname;
    const { code, out } = await shell(
      'POSTGRES_PORT="$2" POSTGRES_STOP="$3" POSTGRES_FSYNC="$4" "$1" postgres',
      script,
      String(this.port),
      how,
      this.#fsync ? "on" : "off",
    );
    if (code !== 0) throw new Error(`Cannot ${verb} the server on port ${this.port}: ${out}`);
  }
}

/** Registers a test that needs a server of its own; it is made of the programs of the one that all tests share. */
export function testOwnServer(name: string, fn: (server: OwnServer) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !hasPostgres,
    async fn() {
      await using server = await OwnServer.make();
      await fn(server);
    },
  });
}
