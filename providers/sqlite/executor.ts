import type { SqliteStatement } from "./database.ts";
import type { BlockRows, Statement, StatementText, Write, WriteRows } from "./write.ts";

/** Writes that go into one transaction. */
export interface Group {
  /** The writes, in order. */
  readonly writes: readonly Write[];
  /** Nothing is done where this statement has a row. */
  readonly unless: Statement | null;
}

/** What became of a group. */
export interface GroupOutcome {
  /** For each write its rows, or the error by which it was taken back alone; null where `unless` had a row. */
  readonly results: readonly (WriteRows | FailedWrite)[] | null;
  /** Milliseconds that the COMMIT took: about those of an fsync. */
  readonly commitTime: number;
}

/** A write that was taken back alone. */
export interface FailedWrite {
  /** The driver's error. */
  readonly error: unknown;
}

/** Executes writes on one connection. */
export interface Executor {
  /** Executes a write in the transaction that is open. */
  readonly apply: (write: Write) => WriteRows;
  /** Executes a group in a transaction of its own. Throws where nothing of it was done. */
  readonly run: (group: Group) => GroupOutcome;
}

/**
 * Makes what executes writes on a connection.
 *
 * It travels to the writer's thread as text, so it names nothing but its parameters and globals.
 *
 * @param prepare compiles a statement
 * @param texts the statements that writes name by number
 * @param isStatementError whether after an error the rest of the transaction may go on
 */
export function makeExecutor(
  prepare: (sql: string) => SqliteStatement,
  texts: readonly StatementText[],
  isStatementError: (error: unknown) => boolean,
): Executor {
  const compiled: SqliteStatement[] = [];
  const controls = new Map<string, SqliteStatement>();

  function statement(number: Statement): SqliteStatement {
    return compiled[number] ??= prepare(texts[number]!.sql);
  }

  function control(sql: string): void {
    let found = controls.get(sql);
    if (!found) controls.set(sql, found = prepare(sql));
    found.run();
  }

  function rollBack(): void {
    try {
      control("ROLLBACK");
    } catch {
      // After a full disk or an I/O error SQLite has rolled back by itself, and says that there is no transaction.
    }
  }

  function apply(write: Write): WriteRows {
    const results: BlockRows[] = [];
    for (const [guard, guardValues, steps] of write) {
      // deno-lint-ignore no-explicit-any -- a row has the columns that its statement names
      const row: any = guard === null ? {} : statement(guard).get(...guardValues);
      if (!row) {
        if (results.length === 0) return null;
        results.push(null);
        continue;
      }
      // deno-lint-ignore no-explicit-any -- as above
      const rows: any = [row];
      for (const [number, values] of steps) {
        const step = statement(number);
        if (texts[number]!.hasRows) {
          rows.push(guard === null ? step.all(...values) : step.all(row.key, ...values));
        } else if (guard === null) step.run(...values);
        else step.run(row.key, ...values);
      }
      results.push(rows);
    }
    return results;
  }

  function applyAlone(write: Write): WriteRows | FailedWrite {
    control("SAVEPOINT wfe");
    try {
      const rows = apply(write);
      control("RELEASE wfe");
      return rows;
    } catch (error) {
      if (!isStatementError(error)) throw error;
      control("ROLLBACK TO wfe");
      control("RELEASE wfe");
      return { error };
    }
  }

  function runWith(applyOne: typeof applyAlone, { writes, unless }: Group): GroupOutcome {
    control("BEGIN IMMEDIATE");
    try {
      const results = unless !== null && statement(unless).get() ? null : writes.map(applyOne);
      const start = performance.now();
      control("COMMIT");
      return { results, commitTime: performance.now() - start };
    } catch (error) {
      rollBack();
      throw error;
    }
  }

  function run(group: Group): GroupOutcome {
    try {
      return runWith(apply, group);
    } catch (error) {
      // Savepoints cost as much as two statements a write, so they are for a group in which one has failed.
      if (isStatementError(error)) return runWith(applyAlone, group);
      throw error;
    }
  }

  return { apply, run };
}
