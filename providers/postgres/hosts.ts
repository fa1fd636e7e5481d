import type { HostInfo } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";

/** What a heartbeat tells. */
export interface Heartbeat {
  /** Whether the host was entered before. */
  readonly entered: boolean;
  /** Milliseconds since 1970 by the server's clock. */
  readonly time: number;
  /** Whether a sink of lifecycle events is open. */
  readonly hasSink: boolean;
}

/** The server's time in milliseconds, as a part of other statements. */
const serverTime = "extract(epoch FROM clock_timestamp()) * 1000";

const upsertHost = `
  WITH known AS (SELECT 1 FROM @wfe_host WHERE incarnation = $1), renewed AS (
    INSERT INTO @wfe_host (incarnation, pid, expires_at) VALUES ($1, $2::bigint, $3::bigint)
    ON CONFLICT (incarnation) DO UPDATE SET expires_at = excluded.expires_at)
  SELECT json_build_object('entered', EXISTS (SELECT 1 FROM known), 'time', ${serverTime},
    'hasSink', EXISTS (SELECT 1 FROM @wfe_sink WHERE kind = 'events'))::text AS r`;

const removeHosts = "SELECT to_json(@wfe_remove_hosts($1, $2::bigint))::text AS r";

const selectOwner = `
  SELECT row_to_json(h)::text AS r FROM @wfe_instance AS i JOIN @wfe_host AS h ON h.incarnation = i.owner
  WHERE i.id = $1 AND h.expires_at > $2::bigint`;

const selectTime = `SELECT to_json(${serverTime})::text AS r`;

/** Enters a host, or renews its heartbeat. One that was taken out meanwhile is entered again, without what it owned. */
export async function enterHost(
  connection: Connection,
  { incarnation, pid }: HostInfo,
  expiresAt: number,
): Promise<Heartbeat> {
  return (await connection.get<Heartbeat>("renew a heartbeat", upsertHost, incarnation, pid, expiresAt))!;
}

/** Takes a host out. */
export async function removeHost(connection: Connection, incarnation: string, now: number): Promise<void> {
  await connection.all("remove a host", removeHosts, incarnation, now);
}

/** Takes out the hosts whose heartbeat has expired; returns how many. */
export async function removeDeadHosts(connection: Connection, now: number): Promise<number> {
  return (await connection.get<number>("remove dead hosts", removeHosts, null, now))!;
}

/** The living host that owns a run. */
export async function ownerOf(connection: Connection, runId: string, now: number): Promise<HostInfo | null> {
  const host = await connection.get<HostInfo>(`find the owner of run ${runId}`, selectOwner, runId, now);
  return host ? Object.freeze({ incarnation: host.incarnation, pid: host.pid }) : null;
}

/** Milliseconds since 1970 by the server's clock. */
export async function readTime(connection: Connection): Promise<number> {
  return (await connection.get<number>("open", selectTime))!;
}
