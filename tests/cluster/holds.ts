import { deepEqual } from "node:assert/strict";
import { describe } from "../crash/checkers/all.ts";
import { type ClusterOptions, runCluster } from "./cluster.ts";
import { type ClusterReport, figures } from "./report.ts";

/** Runs a cluster and holds it to all invariants; prints what it did. */
export async function holds(options: ClusterOptions): Promise<ClusterReport> {
  const report = await runCluster(options);
  console.log(`cluster of ${options.hosts}, seed ${options.seed}: ${figures(report)}`);
  deepEqual(report.violations.slice(0, 20).map(describe), []);
  return report;
}
