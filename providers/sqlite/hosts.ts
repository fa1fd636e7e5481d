import type { HostInfo } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";
import type { HostLocks } from "./host_locks.ts";
import { effect, query, unguarded, type Write } from "./write.ts";

interface HostRow {
  readonly incarnation: string;
  readonly pid: number;
  readonly expires_at: number;
}

const selectHost = query("SELECT 1 FROM wfe_host WHERE incarnation = ?1");

const upsertHost = effect(`
  INSERT INTO wfe_host (incarnation, pid, expires_at) VALUES (?1, ?2, ?3)
  ON CONFLICT (incarnation) DO UPDATE SET expires_at = excluded.expires_at`);

/** The foreign key frees its runs and its sinks. */
export const deleteHost = "DELETE FROM wfe_host WHERE incarnation = ?1";
const deleteOne = effect(deleteHost);

/**
 * Enters a host, or renews its heartbeat. One that was taken out meanwhile is entered again, without what it owned.
 * Its first step has a row where it was entered before.
 */
export function enterHost({ incarnation, pid }: HostInfo, expiresAt: number): Write {
  return unguarded([selectHost, [incarnation]], [upsertHost, [incarnation, pid, expiresAt]]);
}

/** Takes a host out. */
export function removeHost(incarnation: string): Write {
  return unguarded([deleteOne, [incarnation]]);
}

/** Whether a host is entered. */
export function isEntered(connection: Connection, incarnation: string): boolean {
  return connection.get("SELECT 1 FROM wfe_host WHERE incarnation = ?1", incarnation) !== undefined;
}

/** The hosts whose heartbeat has expired or whose lock is free. */
export function deadHosts(connection: Connection, locks: HostLocks | null, now: number): string[] {
  return hostDeadlines(connection, locks).filter(({ deadAt }) => deadAt <= now)
    .map(({ incarnation }) => incarnation);
}

/** Takes out dead hosts; returns whether there were any. */
export function deleteDeadHosts(connection: Connection, locks: HostLocks | null, now: number): boolean {
  const dead = deadHosts(connection, locks, now);
  for (const incarnation of dead) connection.run(deleteHost, incarnation);
  return dead.length > 0;
}

/** From when on each host counts as dead: the end of its heartbeat, or always when its lock is free. */
export function hostDeadlines(
  connection: Connection,
  locks: HostLocks | null,
): { readonly incarnation: string; readonly deadAt: number }[] {
  return allHosts(connection).map(({ incarnation, expires_at }) => ({
    incarnation,
    deadAt: locks?.probe(incarnation) === "free" ? 0 : expires_at,
  }));
}

/** Removes the lock files of hosts that are not entered. */
export function sweepLocks(connection: Connection, locks: HostLocks | null): void {
  locks?.sweep(new Set(allHosts(connection).map(({ incarnation }) => incarnation)));
}

/** The living host that owns a run. */
export function ownerOf(
  connection: Connection,
  locks: HostLocks | null,
  runId: string,
  now: number,
): HostInfo | null {
  const host = connection.get<HostRow>(
    `SELECT incarnation, pid, expires_at FROM wfe_host
     WHERE incarnation = (SELECT owner FROM wfe_instance WHERE id = ?1) AND expires_at > ?2`,
    runId,
    now,
  );
  if (!host || locks?.probe(host.incarnation) === "free") return null;
  return Object.freeze({ incarnation: host.incarnation, pid: host.pid });
}

function allHosts(connection: Connection): HostRow[] {
  return connection.all<HostRow>("SELECT incarnation, pid, expires_at FROM wfe_host");
}
