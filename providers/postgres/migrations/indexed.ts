/**
 * Settings of the functions that a host calls: whatever they read has an index. A plan that was made while a table was
 * empty would else read it whole until its statistics are renewed.
 */
export const indexed: string =
  "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan";
