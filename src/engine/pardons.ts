import { RunNotFoundError } from "../provider/errors.ts";
import type { Persistence } from "../provider/persistence.ts";

const reason = "the host that was running it had not died";

/**
 * The runs whose steps a host was running when its lease was over. To the others it is as if it had died, and a run
 * during which hosts die again and again is quarantined. A host that was well all the time takes that back.
 */
export class Pardons {
  readonly #persistence: Persistence;
  readonly #runIds = new Set<string>();
  readonly #asked = new Set<string>();

  constructor(persistence: Persistence) {
    this.#persistence = persistence;
  }

  /** Takes note of runs that are being given up. */
  note(runIds: Iterable<string>): void {
    for (const runId of runIds) this.#runIds.add(runId);
  }

  /** It is known by now whether the host was well. */
  decide(isWell: boolean): void {
    if (isWell) { for (const runId of this.#runIds) this.#asked.add(runId); }
    this.#runIds.clear();
  }

  /** Asks for what is to be asked for; returns the runs that have mail by that. The rest, where the store fails, stays. */
  async ask(): Promise<readonly string[]> {
    const woken: string[] = [];
    for (const runId of this.#asked) {
      try {
        await this.#persistence.send(runId, { kind: "pardon", reason });
        woken.push(runId);
      } catch (error) {
        if (!(error instanceof RunNotFoundError)) throw error;
      }
      this.#asked.delete(runId);
    }
    return woken;
  }
}
