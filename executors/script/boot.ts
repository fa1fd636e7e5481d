import type { WorkerInit } from "./worker_boot.ts";

/**
 * All that a sandbox process is told. It reads this from standard input, before there is any code of the script: the
 * process may have been waiting for it.
 */
export interface SandboxJob {
  /** Opens the lines of the result on standard output; the script never learns it. */
  readonly nonce: string;
  /** Opens the messages of the Worker's boot code; the script never learns it either. */
  readonly key: string;
  /** Answers the question of the Worker's boot code whether it still lives; the script never learns it in time. */
  readonly answer: string;
  /** Opens the lines of the script's console. */
  readonly mark: string;
  /** TypeScript or JavaScript, a module. */
  readonly script: string;
  /** Source of the module that boots the Worker. */
  readonly workerBoot: string;
  /** Variables that the step sets, by name. */
  readonly env: { readonly [name: string]: string };
  /** The Worker's own permissions, all eight. */
  readonly permissions: Deno.PermissionOptionsObject;
  /** What the script may know. */
  readonly init: Omit<WorkerInit, "url" | "key" | "answer" | "mark">;
}

/** What stands for the script's module in reports: its real address changes with every run. */
export const scriptAddress = "wfe:script";

/**
 * Runs in the main thread of the sandbox process, which is trusted: makes the Worker, and prints what its boot code
 * reports. A closed function: it travels as source text and knows nothing but the globals.
 */
export async function sandboxBoot(address: string): Promise<void> {
  const text = await readAll();
  // The engine has gone, or needs no sandbox any more.
  if (text === "") Deno.exit(0);
  const job: SandboxJob = JSON.parse(text);
  for (const [name, value] of Object.entries(job.env)) Deno.env.set(name, value);
  const url = URL.createObjectURL(new Blob([job.script], { type: "text/typescript" }));
  const boot = URL.createObjectURL(new Blob([job.workerBoot], { type: "text/javascript" }));
  const { key, answer, mark } = job;
  const options = { type: "module", name: "script", deno: { permissions: job.permissions } } as const;
  const worker = new Worker(boot, options as WorkerOptions);
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
    Deno.kill(Deno.pid, "SIGKILL");
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
