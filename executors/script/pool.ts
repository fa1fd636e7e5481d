import type { JsonObject } from "../../src/definition/json.ts";
import type { StepFolders } from "../process/step_folders.ts";
import { type Sandbox, type SandboxCommand, startSandbox } from "./sandbox.ts";

/** A sandbox in a folder of its own. */
export interface HousedSandbox {
  /** The sandbox. */
  readonly sandbox: Sandbox;
  /** What an attempt records of it, so that a later one can end what is left. */
  readonly held: JsonObject;
  /** Settles when its process tree and its folder are gone. */
  readonly gone: Promise<void>;
}

/** Most that stand ready for one command. */
const mostOfOne = 2;

/** What stands ready for one command. */
interface Shelf {
  readonly command: SandboxCommand;
  readonly ready: HousedSandbox[];
}

/**
 * Sandboxes that stand ready for their jobs. Each takes one; others are started in its place. Until commands are
 * prepared, and after a drain, none stands ready, and each is started when it is needed.
 */
export class SandboxPool {
  readonly #folders: StepFolders;
  readonly #size: number;
  /** By command, that used last first. */
  #shelves: Shelf[] = [];
  readonly #leaving = new Set<Promise<void>>();
  #isOpen = false;

  /** At most `size` stand ready. Their folders are made in `folders`. */
  constructor(folders: StepFolders, size: number) {
    this.#folders = folders;
    this.#size = size;
  }

  /** Commands that will be needed: sandboxes are started for them, and for all that are taken from now on. */
  prepare(commands: readonly SandboxCommand[]): void {
    this.#isOpen = this.#size > 0;
    for (const command of commands) {
      if (!this.#shelves.some((shelf) => isSame(shelf.command, command))) {
        this.#shelves.push({ command, ready: [] });
      }
    }
    this.#fill();
  }

  /**
   * A sandbox for one job: one that stands ready, or a new one. Whoever takes it sees to its end.
   *
   * @throws {ProcessStartError} where none can be started
   */
  take(command: SandboxCommand): HousedSandbox {
    if (!this.#isOpen) return this.#start(command);
    const known = this.#shelves.find((shelf) => isSame(shelf.command, command));
    const shelf = known ?? { command, ready: [] };
    this.#shelves = [shelf, ...this.#shelves.filter((other) => other !== shelf)];
    let taken = shelf.ready.shift();
    while (taken?.sandbox.isGone) taken = shelf.ready.shift();
    taken ??= this.#start(command);
    this.#fill();
    return taken;
  }

  /** Ends all that stand ready, and starts no more until something is prepared again. */
  async drain(): Promise<void> {
    this.#isOpen = false;
    for (const shelf of this.#shelves) this.#keep(shelf, 0);
    this.#shelves = [];
    await Promise.all(this.#leaving);
  }

  /** Has the commands used last stand ready, and no others. */
  #fill(): void {
    if (!this.#isOpen) return;
    const counts = this.#shelves.map(() => 0);
    for (let left = this.#size, round = 0; round < mostOfOne; round++) {
      for (let index = 0; index < counts.length && left > 0; index++, left--) counts[index]! += 1;
    }
    this.#shelves.forEach((shelf, index) => this.#keep(shelf, counts[index]!));
    this.#shelves = this.#shelves.slice(0, Math.max(this.#size, 1));
    this.#shelves.forEach((shelf, index) => this.#stock(shelf, counts[index]!));
  }

  /** Starts what a shelf lacks. Where that fails, whoever takes one gets to know why. */
  #stock({ command, ready }: Shelf, count: number): void {
    for (let lacking = count - ready.length; lacking > 0; lacking--) {
      try {
        ready.push(this.#start(command));
      } catch {
        return;
      }
    }
  }

  #start(command: SandboxCommand): HousedSandbox {
    const folder = this.#folders.make();
    try {
      const sandbox = startSandbox(command, folder);
      const gone = this.#leave(folder, sandbox.ended);
      return { sandbox, held: this.#folders.held(sandbox.identity, folder), gone };
    } catch (error) {
      void this.#leave(folder, Promise.resolve());
      throw error;
    }
  }

  /** Removes a folder when what is in it has ended. */
  #leave(folder: string, ended: Promise<unknown>): Promise<void> {
    const gone = ended.then(() => this.#folders.remove(folder)).finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
    return gone;
  }

  #keep({ ready }: Shelf, count: number): void {
    for (const { sandbox } of ready.splice(count)) sandbox.end();
  }
}

function isSame(one: SandboxCommand, other: SandboxCommand): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
