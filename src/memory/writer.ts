import { LeaseLostError, RunExistsError, StoreError } from "../provider/errors.ts";
import type { CommitOutcome, Created } from "../provider/persistence.ts";
import type { Transition } from "../instance/transition.ts";
import { cursorKey } from "../instance/instance_state.ts";
import type { Definitions } from "./definitions.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Hosts } from "./hosts.ts";
import { isolate } from "./isolate.ts";
import type { MemoryLock } from "./lock.ts";
import type { Outbox } from "./outbox.ts";
import type { Run } from "./run.ts";
import type { RunTable } from "./run_table.ts";

/** The parts of a store that a transition may touch. */
export interface Tables {
  /** Definitions. */
  readonly definitions: Definitions;
  /** Who may own a run. */
  readonly hosts: Hosts;
  /** Runs. */
  readonly runs: RunTable;
  /** Waits and events. */
  readonly deliveries: Deliveries;
  /** Durable sinks. */
  readonly outbox: Outbox;
  /** The fences that have been seen. */
  readonly locks: MemoryLock;
}

/** A transition that fits its run, with nothing in it that others could change: to write it cannot fail. */
interface Checked {
  readonly run: Run;
  readonly transition: Transition;
}

/** Writes transitions: all of one or nothing. */
export class Writer {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Starts a run, or finds the one with its idempotency key. */
  create(start: Transition, now: number): Created {
    const { definitions, runs } = this.#tables;
    const { id, idempotencyKey, definitionHash } = start.instance;
    const known = idempotencyKey === null ? undefined : runs.findByKey(idempotencyKey);
    if (known) return { instance: known.instance, existed: true };
    if (runs.find(id)) throw new RunExistsError(id);
    if (!definitions.has(definitionHash)) {
      throw new StoreError(
        "unsupported",
        `Cannot start run ${id}: its definition is not kept; save it first`,
      );
    }
    const transition = this.#isolated(start);
    const run = runs.add(Object.freeze({ ...transition.instance, owner: null, inboxSeq: 0 }));
    this.write({ run, transition }, now);
    return { instance: run.instance, existed: false };
  }

  /**
   * Makes sure that a transition fits, before anything of it is written.
   *
   * @throws {LeaseLostError} where its epoch or its sequence does not fit, or another run has the id by now
   * @throws {LockLostError} where a greater fence has been seen
   */
  check(transition: Transition): Checked {
    const { instance: { id, createdAt }, epoch, sequence, pointers } = transition;
    const run = this.#tables.runs.find(id);
    if (
      run?.instance.epoch !== epoch || run.instance.sequence !== sequence - 1 ||
      run.instance.createdAt !== createdAt
    ) {
      throw new LeaseLostError(id, epoch);
    }
    this.#tables.locks.check(transition.fences);
    if (!pointers.every((pointer) => run.activations.allows(pointer))) {
      throw new StoreError(
        "unsupported",
        `Cannot commit to run ${id}: a recorded step result never changes`,
      );
    }
    return { run, transition: this.#isolated(transition, run) };
  }

  /** Writes what was checked; returns what {@linkcode Persistence.commit} tells of it. */
  write({ run, transition }: Checked, now: number): CommitOutcome & { readonly committed: true } {
    const { runs, hosts, deliveries, outbox, locks } = this.#tables;
    const { instance, pointers, released, folded, unsubscribed, taken, subscribed } = transition;
    const { inboxSeq } = run.instance;
    runs.update(run, {
      ...instance,
      owner: instance.owner !== null && hosts.has(instance.owner) ? instance.owner : null,
      inboxSeq,
      nextWake: inboxSeq > instance.inboxRead ? now : instance.nextWake,
    });
    run.activations.write(pointers, released, folded);
    run.dropMail(instance.inboxRead);
    const over = unsubscribed.flatMap((id) => deliveries.unsubscribe(run, id) ?? []);
    for (const event of taken) run.moveCursor(cursorKey(event), event.seq);
    for (const subscription of subscribed) deliveries.subscribe(run, subscription);
    const events = [...taken, ...subscribed.map(({ wait }) => wait)].map(cursorKey);
    for (const identity of new Set([...over, ...events])) deliveries.catchUp(run, identity, now);
    const woken = transition.published.flatMap((event) => deliveries.publish(event, now).woken);
    outbox.keep(transition.events);
    locks.see(transition.fences);
    outbox.mark(run.instance);
    return { committed: true, inboxSeq: run.instance.inboxSeq, woken: [...new Set(woken)] };
  }

  /** A copy that nobody else can change, without what is not to be kept. */
  #isolated(transition: Transition, run?: Run): Transition {
    const { instance, dataChanged, attributesChanged } = transition;
    const kept = run && {
      vars: run.instance.vars,
      ...!dataChanged && { data: run.instance.data },
      ...!attributesChanged && { attributes: run.instance.attributes },
    };
    return {
      ...transition,
      instance: isolate({ ...instance, ...kept }),
      pointers: transition.pointers.map(isolate),
      subscribed: transition.subscribed.map(isolate),
      published: transition.published.map(isolate),
      events: this.#tables.outbox.keepsEvents ? transition.events.map(isolate) : [],
    };
  }
}
