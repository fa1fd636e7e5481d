const module = new URL("host.ts", import.meta.url).pathname;

/** A host in a process of its own. */
export class HostProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<string>;

  /** Starts the process, over the store at a URL. */
  constructor(url: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-read", "--allow-net=127.0.0.1", module, url],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until its program is loaded. */
  async ready(): Promise<void> {
    await this.#lines.read();
  }

  /** Lets it begin to run workflows. */
  async go(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("go\n"));
  }

  /** Stops it; returns how many steps it has run. */
  async stop(): Promise<number> {
    await this.#input.close();
    const { value } = await this.#lines.read();
    await this.#lines.cancel();
    await this.#child.status;
    return Number(value);
  }
}
