import type { StoreClock } from "../../src/provider/clock.ts";
import { type RoleOptions, roleOptions } from "../role_options.ts";
import { StoreError } from "../../src/provider/errors.ts";

/** Options of `PostgresProvider.open` and `PostgresProvider.from`. Times are milliseconds. */
export interface PostgresOptions extends RoleOptions {
  /**
   * The schema that the tables are in.
   *
   * @default what `?schema=` in the URL says, else "wfe"
   */
  readonly schema?: string;
  /**
   * Whether a schema that is missing is made. Else opening is refused with the problem `missing`.
   *
   * @default true
   */
  readonly create?: boolean;
  /**
   * What an acknowledged write survives: `"power"` a power cut of the server, at the price of one flush a transaction;
   * `"process"` any crash of the program, while a crash of the server may lose the last moments. For `open` only.
   *
   * @default "power"
   */
  readonly durability?: PostgresDurability;
  /**
   * Most connections at a time, beside the one that listens and the one that publishes events. For `open` only.
   *
   * @default 10
   */
  readonly maxConnections?: number;
  /**
   * Whether to be told at once what other processes write (LISTEN), and to tell them (NOTIFY). Not through a pooler in
   * transaction mode.
   *
   * @default true
   */
  readonly listen?: boolean;
  /**
   * Whether connections keep state: prepared statements and settings (the timeouts below, durability). Not through a
   * pooler in transaction mode, where the timeouts are the role's: `ALTER ROLE … SET statement_timeout = …`.
   *
   * @default true
   */
  readonly prepare?: boolean;
  /**
   * How long to go on trying while the server cannot be reached, is busy or begins anew.
   *
   * @default 5000
   */
  readonly busyTimeout?: number;
  /**
   * How long a connection may take to come about. For `open` only.
   *
   * @default 5000
   */
  readonly connectTimeout?: number;
  /**
   * How long a statement may take. Where nothing is heard of it for five seconds more, the connections are given up and
   * made anew.
   *
   * @default 30000
   */
  readonly statementTimeout?: number;
  /**
   * How long a statement may wait for a lock. For `open` only.
   *
   * @default 10000
   */
  readonly lockTimeout?: number;
  /**
   * How long an unused connection is kept. For `open` only.
   *
   * @default 60000
   */
  readonly idleTimeout?: number;
  /**
   * The store's clock, which rules leases and due times; without it the server's, measured when the store is opened and
   * at each heartbeat.
   */
  readonly clock?: StoreClock;
  /**
   * Numbers from 0 up to 1 that spread the tries of what did not work.
   *
   * @default Math.random
   */
  readonly random?: () => number;
}

/** What an acknowledged write survives. */
export type PostgresDurability = "power" | "process";

/** The options with their defaults. */
export type CompleteOptions = Required<Omit<PostgresOptions, "clock">> & Pick<PostgresOptions, "clock">;

/** A URL without those of its parameters that are ours, and what they say. */
export function takeParameters<Name extends string>(
  url: string,
  names: readonly Name[],
): { readonly url: string; readonly taken: Readonly<Partial<Record<Name, string>>> } {
  const [place, ...queries] = url.split("?");
  const taken: Partial<Record<Name, string>> = {};
  const kept = queries.join("?").split("&").filter((parameter) => {
    const [name, ...values] = parameter.split("=");
    const ours = names.find((each) => each === name);
    if (ours !== undefined) taken[ours] = decoded(ours, values.join("="));
    return ours === undefined;
  }).join("&");
  return { url: kept === "" ? place! : `${place}?${kept}`, taken };
}

function decoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new StoreError(
      "unsupported",
      `Cannot open a PostgreSQL store: the parameter ${name} of its URL must be readable, received ${value}; write % as %25`,
    );
  }
}

/** The longest time that the server takes. */
const longestTime = 2_147_483_647;

/**
 * Fills in the defaults.
 *
 * @throws {StoreError} where a number is none that the server takes
 */
export function completeOptions(options: PostgresOptions): CompleteOptions {
  const complete: CompleteOptions = {
    schema: "wfe",
    create: true,
    durability: "power",
    maxConnections: 10,
    listen: true,
    prepare: true,
    busyTimeout: 5_000,
    connectTimeout: 5_000,
    statementTimeout: 30_000,
    lockTimeout: 10_000,
    idleTimeout: 60_000,
    random: Math.random,
    ...roleOptions(options),
    ...options,
  };
  checkWhole("maxConnections", complete.maxConnections, 1, 10_000);
  checkWhole("busyTimeout", complete.busyTimeout, 0, longestTime);
  for (const name of ["connectTimeout", "statementTimeout", "lockTimeout", "idleTimeout"] as const) {
    checkWhole(name, complete[name], 1, longestTime);
  }
  return complete;
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new StoreError(
    "unsupported",
    `Cannot open a PostgreSQL store: \`${name}\` must be a whole number from ${least} to ${most}, received ${value}; leave it out for the default`,
  );
}
