import { deepFreeze } from "../definition/canonical_json.ts";
import type { StoredDefinition } from "../definition/hash.ts";
import type { ControlIntent, Instance, InstanceState, Mail, Pointer } from "../instance/instance.ts";
import type { Advance, Transition } from "../instance/transition.ts";
import type { StoreClock } from "../provider/clock.ts";
import { LeaseLostError, RunExistsError, RunNotFoundError, StoreError } from "../provider/errors.ts";
import type {
  ClaimRequest,
  CommitOutcome,
  Created,
  HostInfo,
  LogLine,
  LogPage,
  Persistence,
  RunFilter,
  StoredLogLine,
} from "../provider/persistence.ts";
import { storableText } from "../definition/storable_text.ts";

/** Options of {@linkcode MemoryPersistence}. */
export interface MemoryOptions {
  /**
   * The store's clock, which rules leases and due times.
   *
   * @default Date
   */
  readonly clock?: StoreClock;
}

interface Run {
  instance: Instance;
  readonly pointers: Map<number, Pointer>;
  readonly mail: Mail[];
  readonly log: StoredLogLine[];
}

interface Host extends HostInfo {
  readonly expiresAt: number;
}

/**
 * The reference implementation of {@linkcode Persistence}: everything in memory, gone with the process. Every method
 * does its work before it returns, so none sees another's half done.
 */
export class MemoryPersistence implements Persistence {
  readonly #clock: StoreClock;
  readonly #hosts = new Map<string, Host>();
  readonly #definitions = new Map<string, StoredDefinition>();
  readonly #runs = new Map<string, Run>();
  #lines = 0;
  #closed = false;

  /** An empty store. */
  constructor({ clock = Date }: MemoryOptions = {}) {
    this.#clock = clock;
  }

  /** Milliseconds since 1970 by the clock of the options. */
  now(): number {
    return this.#clock.now();
  }

  /** Enters or renews a heartbeat. */
  renewHost({ incarnation, pid }: HostInfo, ttl: number): Promise<boolean> {
    return this.#do(() => {
      const wasEntered = this.#hosts.has(incarnation);
      this.#hosts.set(incarnation, Object.freeze({ incarnation, pid, expiresAt: this.now() + ttl }));
      return wasEntered;
    });
  }

  /** Takes a host out. */
  removeHost(incarnation: string): Promise<void> {
    return this.#do(() => this.#deleteHost(incarnation));
  }

  /** The living host that owns a run. */
  ownerOf(runId: string): Promise<HostInfo | null> {
    return this.#do(() => {
      const host = this.#hosts.get(this.#runs.get(runId)?.instance.owner ?? "");
      if (!host || host.expiresAt <= this.now()) return null;
      return Object.freeze({ incarnation: host.incarnation, pid: host.pid });
    });
  }

  /** Keeps a definition. */
  saveDefinition(definition: StoredDefinition): Promise<void> {
    return this.#do(() => {
      if (!this.#definitions.has(definition.hash)) {
        this.#definitions.set(definition.hash, isolate(definition));
      }
    });
  }

  /** A kept definition. */
  getDefinition(hash: string): Promise<StoredDefinition | null> {
    return this.#do(() => this.#definitions.get(hash) ?? null);
  }

  /** Starts a run, or finds the one with its idempotency key. */
  create({ instance, pointers }: Transition): Promise<Created> {
    return this.#do(() => {
      const { id, idempotencyKey, definitionHash, owner } = instance;
      const known = idempotencyKey !== null &&
        this.#runs.values().find((run) => run.instance.idempotencyKey === idempotencyKey);
      if (known) return { instance: known.instance, existed: true };
      if (this.#runs.has(id)) throw new RunExistsError(id);
      if (!this.#definitions.has(definitionHash)) {
        throw new StoreError(
          "unsupported",
          `Cannot start run ${id}: its definition is not kept; save it first`,
        );
      }
      const run: Run = {
        instance: isolate({ ...instance, owner: this.#entered(owner) }),
        pointers: new Map(pointers.map((pointer) => [pointer.id, isolate(pointer)])),
        mail: [],
        log: [],
      };
      this.#runs.set(id, run);
      return { instance: run.instance, existed: false };
    });
  }

  /** Takes due runs, after taking out the hosts that are dead. */
  claim({ incarnation, limit, only, take }: ClaimRequest): Promise<readonly Advance[]> {
    return this.#do(() => {
      const now = this.now();
      for (const { incarnation, expiresAt } of this.#hosts.values()) {
        if (expiresAt <= now) this.#deleteHost(incarnation);
      }
      if (!this.#hosts.has(incarnation)) return [];
      return [...this.#runs.values()]
        .filter(({ instance: { id, owner, nextWake } }) =>
          owner === null && nextWake !== null && nextWake <= now && (only?.includes(id) ?? true)
        )
        .sort((a, b) => a.instance.nextWake! - b.instance.nextWake!)
        .slice(0, limit)
        .map((run) => this.#write(run, take(toState(run))));
    });
  }

  /** Writes transitions; each that is refused leaves the others as they are. */
  commit(transitions: readonly Transition[]): Promise<readonly CommitOutcome[]> {
    return this.#do(() =>
      transitions.map((transition): CommitOutcome => {
        const { instance: { id }, epoch } = transition;
        try {
          const inboxSeq = this.#apply(this.#runs.get(id), transition);
          if (inboxSeq === null) return { committed: false, error: new LeaseLostError(id, epoch) };
          return { committed: true, inboxSeq };
        } catch (error) {
          return { committed: false, error: error as Error };
        }
      })
    );
  }

  /** Reads a run and writes what follows. */
  change(runId: string, change: (state: InstanceState) => Advance | null): Promise<Advance | null> {
    return this.#do(() => {
      const run = this.#find(runId);
      const advance = change(toState(run));
      return advance && this.#write(run, advance);
    });
  }

  /** Puts a message into a run's mailbox. */
  send(runId: string, intent: ControlIntent, reason: string | null): Promise<void> {
    return this.#do(() => {
      const run = this.#find(runId);
      const { inboxSeq, nextWake } = run.instance;
      const now = this.now();
      run.instance = Object.freeze({
        ...run.instance,
        inboxSeq: inboxSeq + 1,
        nextWake: Math.min(nextWake ?? now, now),
      });
      run.mail.push(Object.freeze({ seq: inboxSeq + 1, intent, reason: reason && storableText(reason) }));
    });
  }

  /** Messages of a run. */
  mail(runId: string, after: number): Promise<readonly Mail[]> {
    return this.#do(() => this.#runs.get(runId)?.mail.filter(({ seq }) => seq > after) ?? []);
  }

  /** Makes parked runs of a definition due again. */
  unpark(definitionId: string): Promise<void> {
    return this.#do(() => {
      for (const run of this.#runs.values()) {
        if (run.instance.definitionId !== definitionId || run.instance.parkedReason === null) continue;
        run.instance = Object.freeze({ ...run.instance, parkedReason: null, nextWake: this.now() });
      }
    });
  }

  /** When the next run may be claimed. */
  nextDue(only?: readonly string[]): Promise<number | null> {
    return this.#do(() =>
      [...this.#runs.values()].reduce<number | null>((earliest, { instance: { id, owner, nextWake } }) => {
        if (nextWake === null || only && !only.includes(id)) return earliest;
        const due = Math.max(nextWake, this.#hosts.get(owner ?? "")?.expiresAt ?? 0);
        return earliest === null ? due : Math.min(earliest, due);
      }, null)
    );
  }

  /** A run. */
  get(runId: string): Promise<Instance | null> {
    return this.#do(() => this.#runs.get(runId)?.instance ?? null);
  }

  /** Runs, newest first. */
  list({ status, definitionId, idPrefix = "", after, limit }: RunFilter): Promise<readonly Instance[]> {
    return this.#do(() =>
      [...this.#runs.values()]
        .map(({ instance }) => instance)
        .filter((instance) =>
          (status?.includes(instance.status) ?? true) &&
          (definitionId === undefined || instance.definitionId === definitionId) &&
          instance.id.startsWith(idPrefix) &&
          (after === undefined || byAge(after, instance) < 0)
        )
        .sort(byAge)
        .slice(0, limit)
    );
  }

  /** All activations of a run. */
  pointers(runId: string): Promise<readonly Pointer[]> {
    return this.#do(() => byId(this.#runs.get(runId)?.pointers.values() ?? []));
  }

  /** Adds lines to the logs. */
  appendLog(lines: readonly LogLine[]): Promise<void> {
    return this.#do(() => {
      for (const line of lines) {
        const stored = { ...line, text: storableText(line.text), seq: ++this.#lines };
        this.#runs.get(line.runId)?.log.push(Object.freeze(stored));
      }
    });
  }

  /** A page of a run's log. */
  readLog(runId: string, { after = 0, pointerId, limit }: LogPage): Promise<readonly StoredLogLine[]> {
    return this.#do(() =>
      (this.#runs.get(runId)?.log ?? [])
        .filter((line) => line.seq > after && (pointerId === undefined || line.pointerId === pointerId))
        .slice(0, limit)
    );
  }

  /** Refuses everything from now on. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  /** Runs `work` at once; what it throws becomes a rejection. */
  // deno-lint-ignore require-await
  async #do<Result>(work: () => Result): Promise<Result> {
    if (this.#closed) throw new StoreError("closed", "Cannot use the store in memory: it is closed");
    return work();
  }

  #find(runId: string): Run {
    const run = this.#runs.get(runId);
    if (!run) throw new RunNotFoundError(runId);
    return run;
  }

  #deleteHost(incarnation: string): void {
    this.#hosts.delete(incarnation);
    for (const run of this.#runs.values()) {
      if (run.instance.owner === incarnation) run.instance = Object.freeze({ ...run.instance, owner: null });
    }
  }

  /** An owner that is no host any more is none. */
  #entered(owner: string | null): string | null {
    return owner !== null && this.#hosts.has(owner) ? owner : null;
  }

  #write(run: Run, advance: Advance): Advance {
    const { instance, epoch } = advance.transition;
    if (this.#apply(run, advance.transition) === null) throw new LeaseLostError(instance.id, epoch);
    return advance;
  }

  /** Writes a transition where its epoch and sequence fit; returns the last message's number, or null where not. */
  #apply(
    run: Run | undefined,
    { instance, epoch, sequence, pointers, dataChanged }: Transition,
  ): number | null {
    if (run?.instance.epoch !== epoch || run.instance.sequence !== sequence - 1) return null;
    const { inboxSeq, data, vars } = run.instance;
    if (pointers.some(({ id }) => run.pointers.get(id)?.status === "Complete")) {
      throw new StoreError(
        "unsupported",
        `Cannot commit to run ${instance.id}: a recorded step result never changes`,
      );
    }
    const header = isolate({ ...instance, data: dataChanged ? instance.data : {}, vars: {} });
    run.instance = Object.freeze({
      ...header,
      data: dataChanged ? header.data : data,
      vars,
      owner: this.#entered(instance.owner),
      inboxSeq,
      nextWake: inboxSeq > instance.inboxRead ? this.now() : instance.nextWake,
    });
    for (const pointer of pointers) run.pointers.set(pointer.id, isolate(pointer));
    return inboxSeq;
  }
}

/** A frozen copy, as it would come back from a file. */
function isolate<Value extends object>(value: Value): Value {
  return deepFreeze(JSON.parse(JSON.stringify(value)) as Value);
}

/** What a host needs to go on; the finished activations are left out. */
function toState({ instance, pointers }: Run): InstanceState {
  const open = byId(pointers.values()).filter(({ status }) => status !== "Complete");
  return { instance, pointers: new Map(open.map((pointer) => [pointer.id, pointer])) };
}

function byId(pointers: Iterable<Pointer>): Pointer[] {
  return [...pointers].sort((a, b) => a.id - b.id);
}

interface Listed {
  readonly createdAt: number;
  readonly id: string;
}

/** Newest first; of the same time, the greater id first. */
function byAge(a: Listed, b: Listed): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
