import type { Instance } from "../instance/instance.ts";
import type { Claimable, PurgeFilter, RunFilter } from "../provider/persistence.ts";
import { RunNotFoundError } from "../provider/errors.ts";
import { Heap } from "./heap.ts";
import { type KeptMail, Run } from "./run.ts";
import { RunList } from "./run_list.ts";

type NewMail = KeptMail extends infer Mail ? Mail extends KeptMail ? Omit<Mail, "seq"> : never : never;

/** The runs of one owner, or those of none. */
interface Owned {
  readonly runs: Set<Run>;
  /** Those that will be due, the first first. */
  readonly due: Heap<Run>;
}

/** All runs, found in every way without looking at the others. */
export class RunTable {
  readonly #byId = new Map<string, Run>();
  readonly #byKey = new Map<string, Run>();
  readonly #byAge = new RunList();
  readonly #byOwner = new Map<string | null, Owned>();
  readonly #unread = new Set<Run>();
  readonly #parked = new Set<Run>();
  readonly #ended = new Heap<Run>((a, b) => a.instance.endedAt! - b.instance.endedAt! || a.number - b.number);
  #last = 0;

  /** Adds a run with a frozen header. */
  add(instance: Instance): Run {
    const run = new Run(instance, ++this.#last);
    this.#byId.set(instance.id, run);
    if (instance.idempotencyKey !== null) this.#byKey.set(instance.idempotencyKey, run);
    this.#byAge.add(run);
    this.#place(run);
    return run;
  }

  /** Changes the header of a run. */
  update(run: Run, change: Partial<Instance>): void {
    const { owner } = run.instance;
    run.instance = Object.freeze({ ...run.instance, ...change });
    if (run.instance.owner !== owner) this.#leave(run, owner);
    this.#place(run);
  }

  /** Puts a message into the mailbox of a run, which is due now. */
  mail(run: Run, mail: NewMail, now: number): void {
    const { inboxSeq, nextWake } = run.instance;
    run.keepMail({ ...mail, seq: inboxSeq + 1 });
    this.update(run, { inboxSeq: inboxSeq + 1, nextWake: Math.min(nextWake ?? now, now) });
  }

  /** Takes a run out. */
  delete(run: Run): void {
    const { id, idempotencyKey, owner } = run.instance;
    this.#byId.delete(id);
    if (idempotencyKey !== null) this.#byKey.delete(idempotencyKey);
    this.#byAge.delete(run);
    this.#leave(run, owner);
    this.#unread.delete(run);
    this.#parked.delete(run);
    this.#ended.delete(run);
  }

  /** The run with this id. */
  find(id: string): Run | undefined {
    return this.#byId.get(id);
  }

  /**
   * The run with this id.
   *
   * @throws {RunNotFoundError}
   */
  get(id: string): Run {
    const run = this.find(id);
    if (!run) throw new RunNotFoundError(id);
    return run;
  }

  /** The run that was started with this idempotency key. */
  findByKey(idempotencyKey: string): Run | undefined {
    return this.#byKey.get(idempotencyKey);
  }

  /** Runs that pass a filter, the newest first. */
  list(filter: RunFilter): Instance[] {
    return this.#byAge.list(filter);
  }

  /** The runs of an owner. */
  ownedBy(owner: string): Run[] {
    return [...this.#byOwner.get(owner)?.runs ?? []];
  }

  /** The runs of an owner that have mail to be read. */
  unread(owner: string): Run[] {
    return [...this.#unread].filter(({ instance }) => instance.owner === owner);
  }

  /** The runs that are parked. */
  get parked(): ReadonlySet<Run> {
    return this.#parked;
  }

  /** The runs that may be claimed now, due first first. */
  due(which: Claimable, limit: number, now: number): Run[] {
    return this.#first(which, null, limit, ({ instance }) => instance.nextWake! <= now);
  }

  /** The earliest time at which a run may be claimed. */
  nextDue(which: Partial<Claimable>, deadAt: (owner: string) => number): number | null {
    let earliest: number | null = null;
    for (const owner of this.#byOwner.keys()) {
      const [first] = this.#first(which, owner, 1, () => true);
      if (!first) continue;
      const at = Math.max(first.instance.nextWake!, owner === null ? 0 : deadAt(owner));
      if (earliest === null || at < earliest) earliest = at;
    }
    return earliest;
  }

  /** Ended runs to delete, oldest end first. */
  ended({ endedBefore, status, definitionId }: PurgeFilter, limit: number): Run[] {
    return this.#ended.first(
      limit,
      ({ instance }) => instance.endedAt! < endedBefore,
      ({ instance }) =>
        (status?.includes(instance.status) ?? true) &&
        (definitionId === undefined || instance.definitionId === definitionId),
    );
  }

  /** The runs of an owner that wake first, among those that `which` allows. */
  #first(
    { only, except, crashes }: Partial<Claimable>,
    owner: string | null,
    limit: number,
    within: (run: Run) => boolean,
  ): Run[] {
    const unwanted = new Set(except);
    const fits = ({ instance }: Run) =>
      !unwanted.has(instance.definitionHash) &&
      (crashes === undefined || instance.crashes >= crashes.from && instance.crashes <= crashes.to);
    const due = this.#byOwner.get(owner)?.due;
    if (!due || !only) return due?.first(limit, within, fits) ?? [];
    const named = [...new Set(only)].flatMap((id) => this.#byId.get(id) ?? []);
    return named.filter((run) => due.has(run) && within(run) && fits(run)).sort(byWake).slice(0, limit);
  }

  /** Enters a run, whose header is new, where it belongs. */
  #place(run: Run): void {
    const { owner, nextWake, inboxSeq, inboxRead, parkedReason, endedAt } = run.instance;
    const owned = this.#byOwner.getOrInsertComputed(
      owner,
      (): Owned => ({ runs: new Set(), due: new Heap(byWake) }),
    );
    owned.runs.add(run);
    if (nextWake === null) owned.due.delete(run);
    else owned.due.put(run);
    enter(this.#unread, run, inboxSeq > inboxRead);
    enter(this.#parked, run, parkedReason !== null);
    if (endedAt === null) this.#ended.delete(run);
    else this.#ended.put(run);
  }

  #leave(run: Run, owner: string | null): void {
    const owned = this.#byOwner.get(owner)!;
    owned.runs.delete(run);
    owned.due.delete(run);
    if (owned.runs.size === 0) this.#byOwner.delete(owner);
  }
}

function enter(set: Set<Run>, run: Run, isIn: boolean): void {
  if (isIn) set.add(run);
  else set.delete(run);
}

function byWake(a: Run, b: Run): number {
  return a.instance.nextWake! - b.instance.nextWake! || a.number - b.number;
}
