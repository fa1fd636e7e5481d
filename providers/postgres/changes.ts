import type { InstanceState } from "../../src/instance/instance_state.ts";
import { PointerTable } from "../../src/instance/pointer_table.ts";
import type { Advance } from "../../src/instance/transition.ts";
import type { StoreClock } from "../../src/provider/clock.ts";
import { LeaseLostError, RunNotFoundError } from "../../src/provider/errors.ts";
import type { ClaimRequest } from "../../src/provider/persistence.ts";
import { whole } from "./client.ts";
import type { Connection, Transaction } from "./connection.ts";
import { codeOf, eventIsLocked, sinkIsOpen } from "./errors.ts";
import { instanceFromRow, type InstanceRow } from "./instance_rows.ts";
import { mailFromRow, type MailRow } from "./mailbox.ts";
import { type PointerRow, pointersFromRows } from "./pointer_rows.ts";
import { claimableValues } from "./runs.ts";
import {
  type EventLock,
  groupParameters,
  inRounds,
  type Kept,
  locksOf,
  readGroup,
  writeGroup,
} from "./transitions.ts";
import type { Writer } from "./writer.ts";

interface StateRow extends InstanceRow {
  readonly pointers: readonly PointerRow[] | null;
  readonly mail: readonly MailRow[] | null;
}

/** Whether anything is to be claimed at all, so that who finds nothing has nobody wait. */
export const lookForDue = `
  SELECT json_build_object(
    'dead', EXISTS (SELECT 1 FROM @wfe_host WHERE expires_at <= $4::bigint),
    'due', EXISTS (
      SELECT 1 FROM @wfe_instance
      WHERE owner IS NULL AND next_wake IS NOT NULL AND next_wake <= $4::bigint
        AND crashes BETWEEN $1::bigint AND $2::bigint
        AND definition <> ALL (ARRAY(SELECT key FROM @wfe_definition WHERE hash IN (
          SELECT json_array_elements_text($3::text::json))))))::text AS r`;

const readDue = `
  SELECT @wfe_due($1, $2::bigint, $3::bigint, $4::text::json, $5::text::json, $6::bigint, $7::bigint)::text AS r`;

const pickDue = `
  SELECT p::text AS r
  FROM @wfe_pick($1, $2::bigint, $3::bigint, $4::text::json, $5::text::json, $6::bigint, $7::text::json, $8::bigint) AS p`;

const loadRun = "SELECT @wfe_load($1, $2::text::json)::text AS r";

/** Completes "Cannot …" in errors. */
const claiming = "claim runs";

/** What {@linkcode Changes} works with. */
export interface ChangesParts {
  /** Where to read and write. */
  readonly connection: Connection;
  /** Knows whether lifecycle events are kept. */
  readonly writer: Writer;
  /** The store's clock. */
  readonly clock: StoreClock;
  /** Takes out the hosts whose heartbeat is over. */
  readonly removeDead: () => Promise<void>;
}

/** Changes that are computed from what the same transaction has read and locked. */
export class Changes {
  readonly #parts: ChangesParts;

  constructor(parts: ChangesParts) {
    this.#parts = parts;
  }

  /** Takes due runs, after taking out the hosts that are dead. */
  async claim(request: ClaimRequest): Promise<readonly Advance[]> {
    if (request.only) return await this.#claimNamed(request, request.only);
    const { connection, clock, removeDead } = this.#parts;
    const { incarnation, limit } = request;
    const [from, to, except] = claimableValues(request);
    const { dead, due } = (await connection.get<Work>(claiming, lookForDue, from, to, except, clock.now()))!;
    if (dead) await removeDead();
    else if (!due) return [];
    return await this.#write(claiming, async (transaction, locks) => {
      const rows = await transaction.all<StateRow>(
        pickDue,
        incarnation,
        from,
        to,
        except,
        null,
        whole(limit),
        locks,
        clock.now(),
      );
      return rows.map((row) => taken(row, request));
    });
  }

  /**
   * Takes what is due of a few runs: reads them, locking nothing, and writes under their next epochs. Of several that do so
   * at a time one is first, and the others are refused: whatever changes in a run by then that a claim depends on changes
   * its epoch or sequence as well.
   */
  async #claimNamed(request: ClaimRequest, only: readonly string[]): Promise<readonly Advance[]> {
    const { connection, writer, clock, removeDead } = this.#parts;
    const { incarnation, limit } = request;
    const values = [incarnation, ...claimableValues(request), JSON.stringify(only), whole(limit)];
    const look = async () => (await connection.get<NamedWork>(claiming, readDue, ...values, clock.now()))!;
    let { dead, due } = await look();
    if (dead) {
      await removeDead();
      ({ due } = await look());
    }
    const advances = (due ?? []).map((row) => taken(row, request));
    const results = await Promise.all(
      advances.map(({ transition }) => writer.write(claiming, transition, false)),
    );
    return advances.flatMap((advance, index) => {
      const result = results[index]!;
      if (result instanceof Error) throw result;
      // By owner, too: where an answer was lost, another host may have written the same epoch.
      return result?.owner === advance.transition.instance.owner ? [writtenAs(advance, result)] : [];
    });
  }

  /** Reads a run and writes what follows. */
  async change(runId: string, change: (state: InstanceState) => Advance | null): Promise<Advance | null> {
    const [advance] = await this.#write(`change run ${runId}`, async (transaction, locks) => {
      const [row] = await transaction.all<StateRow | null>(loadRun, runId, locks);
      if (!row) throw new RunNotFoundError(runId);
      const advance = change(stateFromRow(row));
      return advance ? [advance] : [];
    });
    return advance ?? null;
  }

  /**
   * Writes what is computed from rows that the same transaction has locked, which therefore fits. The locks of events
   * come before those of rows, but which are needed is only known behind these: where they are not to be had, it begins
   * again with them.
   */
  async #write(
    what: string,
    compute: (transaction: Transaction, locks: string | null) => Promise<readonly Advance[]>,
  ): Promise<readonly Advance[]> {
    const { connection, writer, clock } = this.#parts;
    const locks = new Map<string, EventLock>();
    for (;;) {
      try {
        return await connection.transactionWithLast(what, async (transaction) => {
          const given = locks.size === 0 ? null : JSON.stringify([...locks.values()]);
          const advances = await compute(transaction, given);
          if (advances.length === 0) return { last: Promise.resolve([]) };
          const writings = advances.map(({ transition }) => ({ transition, isStart: false }));
          for (const lock of locksOf(advances.map(({ transition }) => transition))) {
            locks.set(JSON.stringify(lock), lock);
          }
          const rounds = inRounds(writings);
          const moment = { now: clock.now(), keepsEvents: writer.keepsEvents, hasLocks: true };
          const writing = transaction.all(writeGroup, ...groupParameters(rounds, moment));
          const last = writing.then((rows) => {
            const kept = readGroup(rounds, rows as Parameters<typeof readGroup>[1]);
            return advances.map((advance, index) => writtenAs(advance, kept.get(writings[index]!)));
          });
          return { last };
        });
      } catch (error) {
        const code = codeOf((error as Error).cause);
        if (code === sinkIsOpen) writer.keepsEvents = true;
        else if (code !== eventIsLocked) throw error;
      }
    }
  }
}

/** An advance, with what the store made of it. Its row was locked, so that it fits. */
function writtenAs(advance: Advance, written: Kept | undefined): Advance {
  const { state, transition } = advance;
  if (!written) throw new LeaseLostError(transition.instance.id, transition.epoch);
  const { inboxSeq, nextWake } = written;
  if (inboxSeq === state.instance.inboxSeq) return advance;
  // A wait that began has found an event.
  const instance = Object.freeze({ ...state.instance, inboxSeq, nextWake });
  return { state: { ...state, instance }, transition };
}

interface Work {
  readonly dead: boolean;
  readonly due: boolean;
}

interface NamedWork {
  readonly dead: boolean;
  readonly due: readonly StateRow[] | null;
}

/** What the claiming host makes of a run. */
function taken(row: StateRow, { take }: ClaimRequest): Advance {
  return take(stateFromRow(row), (row.mail ?? []).map(mailFromRow));
}

function stateFromRow(row: StateRow): InstanceState {
  return {
    instance: instanceFromRow(row),
    pointers: PointerTable.of(pointersFromRows(row.pointers ?? [], row.carried)),
    cursors: new Map(),
  };
}
