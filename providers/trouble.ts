import { StoreError, type StoreProblem } from "../src/provider/errors.ts";

/** What is known of a failure of a store. */
export interface Trouble {
  /** The kind of trouble. */
  readonly problem: StoreProblem;
  /** In words, completing "…: ". */
  readonly why: string;
  /** What helps. */
  readonly remedy: string;
}

/**
 * The error that tells of it.
 *
 * @param what completes "Cannot …"
 * @param store the store, for people
 */
export function troubleError(
  { problem, why, remedy }: Trouble,
  what: string,
  store: string,
  cause: Error | undefined,
): StoreError {
  return new StoreError(problem, `Cannot ${what} (${store}): ${why} (${cause?.message}); ${remedy}`, {
    cause,
  });
}
