import type { WorkerInit } from "./worker_boot.ts";

/** What a sandbox process is started with: all that does not depend on its job. */
export interface SandboxSetup {
  /** What stands for the script's module in reports. */
  readonly address: string;
  /** Source of the module that boots the Worker. */
  readonly workerBoot: string;
  /** The Worker's own permissions, all eight. */
  readonly permissions: Deno.PermissionOptionsObject;
}

/** All that a sandbox process is told. It reads this from standard input, before there is any code of the script. */
export interface SandboxJob {
  /** Opens the lines of the result on standard output; the script never learns it. */
  readonly nonce: string;
  /** Opens the messages of the Worker's boot code. A script can find it in its heap, and end its own step by it, no more. */
  readonly key: string;
  /** Answers the question of the Worker's boot code whether it still lives. */
  readonly answer: string;
  /** Opens the lines of the script's console. */
  readonly mark: string;
  /** TypeScript or JavaScript, a module. */
  readonly script: string;
  /** Variables that the step sets, by name. */
  readonly env: { readonly [name: string]: string };
  /** What the script may know. */
  readonly init: Omit<WorkerInit, "url" | "key" | "answer" | "mark">;
}

/** What stands for the script's module in reports: its real address changes with every run. */
export const scriptAddress = "wfe:script";

/**
 * Runs in the main thread of the sandbox process, which is trusted: makes the Worker, waits for its job, and prints
 * what the Worker's boot code reports. The Worker costs more than all the rest, and is there when the job comes. A closed
 * function: it travels as source text and knows nothing but the globals.
 */
export async function sandboxBoot({ address, workerBoot, permissions }: SandboxSetup): Promise<void> {
  const boot = URL.createObjectURL(new Blob([workerBoot], { type: "text/javascript" }));
  const options = { type: "module", name: "script", deno: { permissions } } as const;
  const worker = new Worker(boot, options as WorkerOptions);
  worker.postMessage(URL.createObjectURL(new Blob([""], { type: "text/typescript" })));
  const text = await readAll();
  // The engine has gone, or needs no sandbox any more.
  if (text === "") Deno.exit(0);
  const job: SandboxJob = JSON.parse(text);
  for (const [name, value] of Object.entries(job.env)) Deno.env.set(name, value);
  const url = URL.createObjectURL(new Blob([job.script], { type: "text/typescript" }));
  const { key, answer, mark } = job;
  worker.onmessage = ({ data }) => {
    if (data === key) worker.postMessage(answer);
    else if (typeof data === "string" && data.startsWith(key)) finish(data.slice(key.length));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const stack = `at ${event.filename}:${event.lineno}:${event.colno}`;
    finish(JSON.stringify({ kind: "failed", name: "", message: event.message, stack, cause: "" }));
  };
  worker.postMessage({ ...job.init, url, key, answer, mark } satisfies WorkerInit);

  /**
   * Prints the report in ASCII, in lines that a pipe takes in one piece (4096 bytes), so that nothing the script
   * still prints gets between. Each begins with a line feed, because the script may have left a line open. Then the
   * process ends at once, and with it all that the script left running.
   */
  function finish(report: string): never {
    const ascii = report.replaceAll(url, address).replace(
      /[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    const encoder = new TextEncoder();
    for (let start = 0; start < ascii.length; start += 4000) {
      const mark = start + 4000 < ascii.length ? "+" : ".";
      const line = encoder.encode(`\n${job.nonce}${mark}${ascii.slice(start, start + 4000)}\n`);
      for (let done = 0; done < line.length;) done += Deno.stdout.writeSync(line.subarray(done));
    }
    // Not by Deno.kill(), which Deno makes when it is first read: that takes 5 ms and more.
    Deno.exit(0);
  }

  /** To its end, so that nothing is left for the script to read; the stream stays open, so that its number is kept. */
  async function readAll(): Promise<string> {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      const chunk = new Uint8Array(65536);
      const count = await Deno.stdin.read(chunk);
      if (count === null) return await new Blob(chunks).text();
      chunks.push(chunk.subarray(0, count));
    }
  }
}
