import { join, resolve } from "node:path";
import type { JsonObject, JsonValue } from "../../src/definition/json.ts";
import { endLeftover, isProcessIdentity, type ProcessIdentity } from "./process_tree.ts";

/** The private folders of attempts, which hold what travels by file: scripts, input, outputs. */
export class StepFolders {
  readonly #temporary: boolean;
  #base: string | undefined;
  #inUse = 0;

  /** Folders go below `directory`; `undefined`: below a temporary folder, there while it is needed. */
  constructor(directory: string | undefined) {
    this.#temporary = directory === undefined;
    this.#base = directory === undefined ? undefined : resolve(directory);
  }

  /** Makes a folder that only this user can enter, and removes it after its use. Its path is absolute. */
  async use<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
    const folder = this.make();
    return await work(folder).finally(() => this.#remove(folder)).finally(() => this.#leave());
  }

  /** Makes a folder that only this user can enter; it has to be removed by {@linkcode remove}. Its path is absolute. */
  make(): string {
    const folder = Deno.makeTempDirSync({ dir: this.#makeBase(), prefix: "step-" });
    this.#inUse++;
    return folder;
  }

  /** Removes a folder that {@linkcode make} has made, with all that is in it: at once, so it should be little. */
  remove(folder: string): void {
    try {
      Deno.removeSync(folder, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    } finally {
      this.#leave();
    }
  }

  /** What an attempt records of itself, so that a later one can end what it has left. */
  held(identity: ProcessIdentity, folder: string): JsonObject {
    return { ...identity, folder };
  }

  /** Ends what an attempt has left whose engine died: its processes, and its folder. */
  async endLeftover(held: JsonValue | undefined, options: { readonly grace?: number } = {}): Promise<void> {
    if (!isProcessIdentity(held)) return;
    await endLeftover(held, options);
    const { folder } = held as unknown as JsonObject;
    if (typeof folder === "string" && this.#isOwn(folder)) await this.#remove(folder);
  }

  #makeBase(): string {
    this.#base ??= Deno.makeTempDirSync({ prefix: "wfe-steps-" });
    Deno.mkdirSync(this.#base, { recursive: true, mode: 0o700 });
    return this.#base;
  }

  #leave(): void {
    this.#inUse--;
    if (!this.#temporary || this.#inUse > 0 || this.#base === undefined) return;
    try {
      Deno.removeSync(this.#base);
    } catch {
      // Something of a step is still there.
    }
  }

  /** A journal is data: a folder it names is removed only where this class makes folders. */
  #isOwn(folder: string): boolean {
    return this.#base !== undefined && folder === resolve(folder) &&
      folder.startsWith(join(this.#base, "step-"));
  }

  async #remove(folder: string): Promise<void> {
    try {
      await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
