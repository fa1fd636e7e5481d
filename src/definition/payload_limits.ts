import { defaultPayloadLimit } from "./canonical_json.ts";

/** How large may be what a host keeps of its runs, in bytes. */
export interface PayloadLimits {
  /**
   * The data of a run, and that of an event, as JSON.
   * @default 1 MiB
   */
  readonly data: number;
  /**
   * What a step gets, produces or keeps, each as JSON: its input, its output, its state, its items, the results of its
   * branches.
   * @default 1 MiB
   */
  readonly output: number;
  /**
   * What one attempt of a step prints; the rest is left out of the log, which says so.
   * @default 64 MiB
   */
  readonly log: number;
}

/** Limits unless others are given. */
export const defaultPayloadLimits: PayloadLimits = Object.freeze({
  data: defaultPayloadLimit,
  output: defaultPayloadLimit,
  log: 64 * 1024 ** 2,
});
