import { quarantineInstance, releaseInstance } from "../flow/claim.ts";
import type { Moment } from "../instance/transition.ts";
import { RunNotFoundError } from "../provider/errors.ts";
import type { Persistence } from "../provider/persistence.ts";

/** What {@linkcode Orphans} needs. */
export interface OrphansParts {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** Whether the host runs a run still, perhaps under an earlier claim. */
  readonly isHeld: (runId: string) => boolean;
  /** The host's incarnation. */
  readonly incarnation: () => string;
  /** The moment of a transition. */
  readonly moment: () => Moment;
  /** Called when a run has been let go. */
  readonly freed: (runId: string) => void;
}

/**
 * Runs that may be this host's by the store while it does not run them: a claim, a creation or a commit, or its
 * acknowledgement, was lost. What is written is the truth; whoever claims the run goes on from there.
 */
export class Orphans {
  readonly #parts: OrphansParts;
  readonly #reasons = new Map<string, string | null>();

  constructor(parts: OrphansParts) {
    this.#parts = parts;
  }

  /** Takes note of a run; with a reason, it is to be suspended for it. */
  add(runId: string, reason: string | null): void {
    this.#reasons.set(runId, reason);
  }

  /** Whether a run has been noted. */
  has(runId: string): boolean {
    return this.#reasons.has(runId);
  }

  /** Lets all go that are not held. Those, and the rest where the store fails, stay for the next time. */
  async free(): Promise<void> {
    const { persistence, isHeld, incarnation, moment, freed } = this.#parts;
    for (const [runId, reason] of this.#reasons) {
      if (isHeld(runId)) continue;
      this.#reasons.delete(runId);
      try {
        await persistence.change(runId, (state) => {
          if (state.instance.owner !== incarnation()) return null;
          return reason === null
            ? releaseInstance(state, moment())
            : quarantineInstance(state, reason, moment());
        });
      } catch (error) {
        if (!(error instanceof RunNotFoundError)) {
          // What has been noted meanwhile counts more.
          if (!this.#reasons.has(runId)) this.#reasons.set(runId, reason);
          throw error;
        }
      }
      freed(runId);
    }
  }
}
