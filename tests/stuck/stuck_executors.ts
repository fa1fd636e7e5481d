import { ScriptExecutor } from "../../executors/script.ts";
import { ShellExecutor } from "../../executors/shell.ts";
import { endStuck, type StuckEnd, type StuckStep } from "./stuck_step.ts";
import { grace } from "./stuck_steps.ts";

/** Runs stuck steps, one after the other. */
export class StuckExecutors implements AsyncDisposable {
  readonly #directory = Deno.makeTempDirSync();
  readonly #script = new ScriptExecutor({ directory: this.#directory });
  readonly #shell = new ShellExecutor({ directory: this.#directory, grace });

  /** Runs one until its time is up. */
  end(step: StuckStep): Promise<StuckEnd> {
    return endStuck(step.type === "deno" ? this.#script : this.#shell, step);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#script[Symbol.asyncDispose]();
    await Deno.remove(this.#directory, { recursive: true });
  }
}
