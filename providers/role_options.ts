import { usuallyKept } from "../src/provider/lifecycle.ts";

/** Options of the roles that a provider fills beside keeping runs. */
export interface RoleOptions {
  /**
   * Milliseconds after which a hint of the queue comes again that a host had reserved and not acknowledged.
   * @default 30_000
   */
  readonly visibility?: number;
  /**
   * Name of the lifecycle sink.
   * @default "feed"
   */
  readonly sink?: string;
  /**
   * How many lifecycle events the feed keeps at least.
   * @default 10_000
   */
  readonly keep?: number;
}

/** Fills in the defaults. */
export function roleOptions(
  { visibility = 30_000, sink = "feed", keep = usuallyKept }: RoleOptions,
): Required<RoleOptions> {
  return { visibility, sink, keep };
}
