import type { InstanceState } from "../../src/instance/instance_state.ts";
import type { Advance } from "../../src/instance/transition.ts";
import { LeaseLostError, RunNotFoundError } from "../../src/provider/errors.ts";
import type { ClaimRequest } from "../../src/provider/persistence.ts";
import type { Connection } from "./connection.ts";
import type { HostLocks } from "./host_locks.ts";
import { deadHosts, deleteDeadHosts, isEntered, sweepLocks } from "./hosts.ts";
import { readMail } from "./mailbox.ts";
import { dueRuns, loadState } from "./runs.ts";
import { readKept, type WriteMoment, writeTransition } from "./transitions.ts";
import type { Writer } from "./writer.ts";

/** What {@linkcode Changes} works with. */
export interface ChangesParts {
  /** The connection of the main thread. */
  readonly connection: Connection;
  /** Gives transactions on it. */
  readonly writer: Writer;
  /** Locks of hosts, if there are any. */
  readonly locks: HostLocks | null;
}

/** Changes that are computed from what the same transaction has read: on the main thread, for code cannot travel. */
export class Changes {
  readonly #parts: ChangesParts;

  constructor(parts: ChangesParts) {
    this.#parts = parts;
  }

  /** Takes due runs, after taking out the hosts that are dead; tells whether there were any. */
  async claim(
    request: ClaimRequest,
    now: number,
  ): Promise<{ readonly claimed: readonly Advance[]; readonly tookOut: boolean }> {
    const { connection, writer, locks } = this.#parts;
    const what = "claim runs";
    // Without the write lock, so that who finds nothing has nobody wait.
    const hasAny = await connection.read(
      what,
      () =>
        deadHosts(connection, locks, now).length > 0 ||
        dueRuns(connection, { ...request, limit: 1 }, now).length > 0,
    );
    if (!hasAny) return { claimed: [], tookOut: false };
    let tookOut = false;
    const claimed = await writer.transaction(what, (moment) => {
      tookOut = deleteDeadHosts(connection, locks, moment.now);
      if (!isEntered(connection, request.incarnation)) return [];
      return dueRuns(connection, request, moment.now).map((runId) => {
        const state = loadState(connection, runId)!;
        const { inboxSeq, inboxRead } = state.instance;
        const mail = inboxSeq > inboxRead ? readMail(connection, runId, inboxRead) : [];
        return this.#write(request.take(state, mail), moment);
      });
    });
    if (tookOut) await this.#sweepLocks();
    return { claimed, tookOut };
  }

  /** Reads a run and writes what follows. */
  change(runId: string, change: (state: InstanceState) => Advance | null): Promise<Advance | null> {
    const { connection, writer } = this.#parts;
    return writer.transaction(`change run ${runId}`, (moment) => {
      const state = loadState(connection, runId);
      if (!state) throw new RunNotFoundError(runId);
      const advance = change(state);
      return advance && this.#write(advance, moment);
    });
  }

  /** Writes what was computed from a state read in the same transaction, which therefore fits. */
  #write(advance: Advance, moment: WriteMoment): Advance {
    const { state, transition } = advance;
    const rows = this.#parts.writer.apply(writeTransition(transition, moment));
    if (!rows) throw new LeaseLostError(transition.instance.id, transition.epoch);
    const { inboxSeq, nextWake = state.instance.nextWake } = readKept(rows);
    if (inboxSeq === state.instance.inboxSeq) return advance;
    // A wait that began has found an event.
    const instance = Object.freeze({ ...state.instance, inboxSeq, nextWake });
    return { state: { ...state, instance }, transition };
  }

  /** What was claimed is claimed, whatever becomes of the tidying: what is left is found by the next sweep. */
  async #sweepLocks(): Promise<void> {
    const { connection, locks } = this.#parts;
    try {
      await connection.read("tidy up", () => sweepLocks(connection, locks));
    } catch {
      // The claim has its own errors.
    }
  }
}
