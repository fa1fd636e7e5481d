/** Where a store takes its time from. */
export interface StoreClock {
  /** Milliseconds since 1970, whole. */
  now(): number;
}
