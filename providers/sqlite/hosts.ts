import type { HostInfo } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";
import type { HostLocks } from "./host_locks.ts";

interface HostRow {
  readonly incarnation: string;
  readonly pid: number;
  readonly expires_at: number;
}

/** Enters a host, or renews its heartbeat. One that was taken out meanwhile is entered again, without what it owned. */
export function enterHost(connection: Connection, { incarnation, pid }: HostInfo, expiresAt: number): void {
  connection.run(
    `INSERT INTO wfe_host (incarnation, pid, expires_at) VALUES (?1, ?2, ?3)
     ON CONFLICT (incarnation) DO UPDATE SET expires_at = excluded.expires_at`,
    incarnation,
    pid,
    expiresAt,
  );
}

/** Takes a host out; the foreign key frees its runs. */
export function deleteHost(connection: Connection, incarnation: string): void {
  connection.run("DELETE FROM wfe_host WHERE incarnation = ?1", incarnation);
}

/** Whether a host is entered. */
export function isEntered(connection: Connection, incarnation: string): boolean {
  return connection.get("SELECT 1 FROM wfe_host WHERE incarnation = ?1", incarnation) !== undefined;
}

/** Takes out dead hosts, whose heartbeat has expired or whose lock is free; returns whether there were any. */
export function deleteDeadHosts(connection: Connection, locks: HostLocks | null, now: number): boolean {
  const dead = hostDeadlines(connection, locks).filter(({ deadAt }) => deadAt <= now);
  for (const { incarnation } of dead) deleteHost(connection, incarnation);
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
