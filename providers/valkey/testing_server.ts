import { eventually } from "../../tests/processes.ts";
import { freePort } from "../testing_port.ts";
import { testClient } from "./testing_valkey.ts";

/** Runs the server that `deno task services:start valkey` has installed, else the one of the system. */
const exec = `
home=\${SERVICES_HOME:-/tmp/wfe-services}/valkey/root
server=$home/usr/bin/valkey-server
if [ -x "$server" ]; then export LD_LIBRARY_PATH=$(echo "$home"/usr/lib/*-linux-gnu)
else server=$(command -v valkey-server || command -v redis-server) || exit 127
fi
exec "$server" "$@"`;

/** Whether a server can be run here. A test that needs one of its own is skipped without it, with the reason, or fails. */
export const canRunServer: boolean = await answersVersion();

async function answersVersion(): Promise<boolean> {
  const { code } = await new Deno.Command("bash", { args: ["-c", exec, "bash", "--version"], stdout: "null" })
    .output();
  if (code === 0) return true;
  const reason = "there is no valkey-server; get it by `deno task services:start valkey`";
  if (Deno.env.get("WFE_REQUIRE_SERVICES") === "1") throw new Error(`Cannot test: ${reason}`);
  console.log(`skipped: the tests of faults of Valkey, for ${reason}`);
  return false;
}

/** Registers a test that runs a server of its own. */
export function testServer(
  name: string,
  fn: (server: Server) => Promise<void>,
  options: readonly string[] = [],
): void {
  Deno.test({
    name,
    ignore: !canRunServer,
    async fn() {
      await using server = new Server(options);
      await server.start();
      await fn(server);
    },
  });
}

/** A server of the test's own, to be killed, flushed and set up wrongly. */
export class Server implements AsyncDisposable {
  readonly #port = freePort();
  readonly #folder = Deno.makeTempDirSync({ prefix: "wfe-valkey-" });
  readonly #options: readonly string[];
  #process: Deno.ChildProcess | null = null;

  constructor(options: readonly string[]) {
    this.#options = options;
  }

  /** Host and port. */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Where clients find it. */
  get url(): string {
    return `redis://${this.host}`;
  }

  /** Starts it, empty. Resolves when it answers. */
  async start(): Promise<void> {
    const own = ["--bind", "127.0.0.1", "--port", String(this.#port), "--save", "", "--dir", this.#folder];
    this.#process = new Deno.Command("bash", {
      args: ["-c", exec, "bash", ...own, ...this.#options],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (const start = performance.now();;) {
      try {
        return (await Deno.connect({ hostname: "127.0.0.1", port: this.#port })).close();
      } catch (error) {
        if (performance.now() - start > 60_000) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  /** Kills it. */
  async kill(): Promise<void> {
    const process = this.#process;
    this.#process = null;
    process?.kill("SIGKILL");
    await process?.status;
  }

  /** Stops it where it stands, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  /** Resolves when somebody waits at the server. */
  async isWaitedAt(): Promise<void> {
    const clients = async () => String(await this.send("INFO", "clients"));
    await eventually(
      async () => /blocked_clients:[1-9]/.test(await clients()),
      60_000,
      "a wait at the server",
    );
  }

  /** Sends one command. */
  async send(...command: string[]): Promise<unknown> {
    await using client = await testClient(this.url);
    return await client.send(...command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
