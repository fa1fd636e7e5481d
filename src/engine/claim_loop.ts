import { claimInstance } from "../flow/claim.ts";
import type { Program } from "../flow/program.ts";
import type { Instance, Mail } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import type { Advance } from "../instance/transition.ts";
import { asStoreError, type StoreError } from "../provider/errors.ts";
import type { Claimable, Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";
import type { Listeners } from "./listeners.ts";
import type { Random } from "./random.ts";
import { telemetry } from "./telemetry.ts";

/** Most milliseconds between two looks at the store when nothing else wakes the loop: a net, not the mechanism. */
export const longestSweep = 30_000;
/** Milliseconds before another try where the store is in trouble. */
const troubleInterval = 1_000;
/** Shortest pause before another look where a run is due that this host cannot have. It doubles each time. */
const shortestPause = 20;
const batch = 100;
/** Most runs that are claimed because somebody told of them: many hosts are told of the same, and one can have each. */
const mostHinted = 5;
/** Milliseconds from a sign that others have written to a look for what is due, where somebody else is told of that. */
export const lookPause = 1_000;
/** With a run on probation that has cost one host, a host runs at most so many in all; one that has cost two is alone. */
const mostBesideSuspect = 8;

/**
 * Milliseconds for which a run that has cost so many hosts is kept apart: for so long others wait for it to begin, then it
 * begins beside whatever runs; and for so long they wait once it has begun, then it counts as any other.
 */
export function probation(crashes: number): number {
  return crashes >= 2 ? 30_000 : 5_000;
}

/** What the loop has to know of the runs that are held. */
export interface Held {
  /** How many there are. */
  readonly size: number;
  /** The greatest count of crashes among those on probation. */
  readonly crashes: number;
}

/** What a claim loop needs. */
export interface ClaimLoopParts {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** Time for its timers. */
  readonly clock: Clock;
  /** Chance for the transitions of a claim. */
  readonly random: Random;
  /** Hears of a store in trouble. */
  readonly troubles: Listeners<StoreError>;
  /** The incarnation that claims now. */
  readonly incarnation: () => string;
  /** Whether the host's lease is over by its own clock: it could begin nothing of what it claims. */
  readonly isLate: () => boolean;
  /** The runs that are held now. */
  readonly held: () => Held;
  /** Most runs that may be held. */
  readonly mostRuns: number;
  /**
   * Milliseconds between two looks when nothing else wakes the loop. No longer than a lease: nobody tells what others
   * begin, and what a host has begun that freezes is to be had once its lease is over.
   */
  readonly sweepInterval: number;
  /** The runs that may be claimed; null for all. */
  readonly only: () => readonly string[] | null;
  /** Hashes of the definitions for which there is no code. */
  readonly except: () => readonly string[];
  /** The program of a run where it is known without asking the store. */
  readonly programOf: (instance: Instance) => Program | null;
  /** Takes over what was claimed. */
  readonly take: (claimed: readonly Advance[]) => void;
  /** A claim of these runs has failed; it may be written all the same. */
  readonly unsure: (runIds: Iterable<string>) => void;
  /** Called before each look: lets runs go that this host owns without running them, and the like. */
  readonly tidy: () => Promise<void>;
  /** Called when the store refuses for good: nothing will be claimed. */
  readonly refused: (error: StoreError) => void;
}

/** Claims due runs: at once when told that one may be due, at the due time of the next one, and by a slow sweep. */
export class ClaimLoop {
  readonly #parts: ClaimLoopParts;
  #timer: Disposable | null = null;
  #dueAt = Infinity;
  #pass: Promise<void> | null = null;
  #again = false;
  #full = false;
  #stopped = true;
  #pause = shortestPause;
  /** Runs that may be due, each with the time that others have to claim it. */
  readonly #hinted = new Map<string, number>();
  #claimingHinted: Promise<void> | null = null;
  /** Since when suspects have been due that could not be run apart. */
  #suspectSince: number | null = null;
  /** Whether such a one was claimed all the same: no other has to wait long, then, and nothing for the others. */
  #isCrowded = false;

  constructor(parts: ClaimLoopParts) {
    this.#parts = parts;
  }

  /** Begins to claim. */
  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Claims no more. Resolves when the pass under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#disarm();
    await this.#pass;
  }

  /** Something may be due now. */
  wake(): void {
    if (this.#stopped) return;
    this.#pause = shortestPause;
    this.#look();
  }

  /** Something will be due at a time of the store's clock. */
  wakeAt(dueAt: number): void {
    if (!this.#stopped && dueAt < this.#dueAt) this.#arm(dueAt);
  }

  /** There is room for one more run. */
  makeRoom(): void {
    if (this.#full || this.#suspectSince !== null) this.wake();
  }

  /** Claims those of these runs that are due, and nothing else; returns how many. Rejects where the store fails. */
  async claim(runIds: readonly string[]): Promise<number> {
    while (this.#pass) await this.#pass;
    if (this.#stopped) return 0;
    const limit = Math.min(runIds.length, Math.max(this.room, 0));
    // The pass may have filled it: what is left is looked for when there is room again.
    if (limit < runIds.length) this.#full = true;
    if (limit === 0) return 0;
    const claiming = this.#claim(limit, { from: 0, to: 0 }, runIds);
    this.#begin(claiming.then(() => {}, (thrown) => {
      this.#parts.troubles.tell(asStoreError(thrown));
      this.wakeAt(this.#parts.persistence.now() + troubleInterval);
    }));
    return await claiming;
  }

  /**
   * These runs may be due now: they are claimed before anything else is looked for, which is done `patience` milliseconds
   * later where another host may have been quicker.
   */
  hint(runIds: readonly string[], patience: number): void {
    if (this.#stopped) return;
    const only = this.#parts.only();
    const allowed = only ? runIds.filter((runId) => only.includes(runId)) : runIds;
    // Suspects wait to be run apart; and of many runs each host is to take others.
    const isWaiting = this.#suspectSince !== null && !this.#isCrowded;
    if (isWaiting || this.#hinted.size + allowed.length > mostHinted) {
      this.#hinted.clear();
      return this.wake();
    }
    for (const runId of allowed) this.#hinted.set(runId, patience);
    this.#claimingHinted ??= this.#claimHinted().finally(() => this.#claimingHinted = null);
  }

  async #claimHinted(): Promise<void> {
    while (this.#hinted.size > 0 && !this.#stopped) {
      while (this.#pass) await this.#pass;
      const hinted = new Map(this.#hinted);
      this.#hinted.clear();
      // Where it fails, who listens for troubles is told, and it is looked again.
      const claimed = await this.claim([...hinted.keys()]).catch(() => hinted.size);
      if (claimed === hinted.size) continue;
      const patience = Math.min(...hinted.values());
      if (patience === 0) this.wake();
      else this.wakeAt(this.#parts.persistence.now() + patience);
    }
    this.wakeAt(this.#parts.persistence.now() + lookPause);
  }

  /** How many more runs the host may hold. */
  get room(): number {
    const { crashes } = this.#parts.held();
    if (crashes === 0 || this.#isCrowded) return this.#places;
    return crashes === 1 ? this.#placesBesideSuspect : 0;
  }

  /** How many more it may hold where none of them has to be kept apart. */
  get #places(): number {
    return this.#parts.mostRuns - this.#parts.held().size;
  }

  /** How many of those may be given where one that has cost a host is among them. */
  get #placesBesideSuspect(): number {
    return Math.min(this.#places, mostBesideSuspect - this.#parts.held().size);
  }

  #look(): void {
    if (this.#pass) this.#again = true;
    else this.#begin(this.#run());
  }

  /** One thing at a time, so that no more is claimed than there is room for. */
  #begin(pass: Promise<void>): void {
    this.#pass = pass.finally(() => {
      this.#pass = null;
      if (this.#again && !this.#stopped) this.#look();
    });
  }

  async #run(): Promise<void> {
    this.#again = false;
    this.#disarm();
    const { persistence, troubles, sweepInterval } = this.#parts;
    try {
      // Beside each other, for each asks the store, and who waits for what is due waits for both.
      const suspectIsDue = this.#suspectIsDue();
      // It may fail before it is waited for.
      suspectIsDue.catch(() => {});
      await this.#parts.tidy();
      await this.#claimAll(await suspectIsDue);
      if (this.#stopped) return;
      this.#full = this.room <= 0;
      const due = this.#full ? null : await persistence.nextDue(this.#claimable());
      const now = persistence.now();
      this.wakeAt(now + sweepInterval);
      if (this.#parts.held().crashes > 0) this.wakeAt(now + probation(1));
      if (this.#suspectSince !== null) this.wakeAt(now + this.#patienceLeft(this.#suspectSince));
      if (due !== null && due <= now) {
        // It is due, and yet was not to be had: its owner may be dying, or others wait for a suspect.
        this.wakeAt(now + this.#pause);
        this.#pause = Math.min(this.#pause * 2, sweepInterval);
      } else if (due !== null) this.wakeAt(Math.max(due, now + shortestPause));
    } catch (thrown) {
      const error = asStoreError(thrown);
      troubles.tell(error);
      if (!error.retryable) this.#parts.refused(error);
      this.wakeAt(persistence.now() + troubleInterval);
    }
  }

  /** Suspects first: a run that kills its hosts must not take others with it. */
  async #claimAll(suspectIsDue: boolean): Promise<void> {
    if (this.#parts.only()?.length === 0) return;
    if (suspectIsDue && await this.#claimSuspects()) return;
    await this.#claimMany({ from: 0, to: 0 }, () => this.room);
  }

  /** Claims all that there are places for; returns how many. */
  async #claimMany(crashes: Claimable["crashes"], places: () => number): Promise<number> {
    let total = 0;
    for (let most = places(); most > 0 && !this.#stopped; most = places()) {
      const limit = Math.min(most, batch);
      const claimed = await this.#claim(limit, crashes);
      total += claimed;
      if (claimed < limit) break;
    }
    return total;
  }

  /** Whether a run that has killed a host is due. */
  async #suspectIsDue(): Promise<boolean> {
    const { persistence, only } = this.#parts;
    if (only()?.length === 0) return false;
    const due = await persistence.nextDue({ ...this.#claimable(), crashes: { from: 1, to: Infinity } });
    const isDue = due !== null && due <= persistence.now();
    if (!isDue) {
      this.#suspectSince = null;
      this.#isCrowded = false;
    }
    return isDue;
  }

  /** Claims runs that have killed a host. Returns whether nothing else is to be claimed: they run, or wait to run, apart. */
  async #claimSuspects(): Promise<boolean> {
    const { held, clock } = this.#parts;
    const isAlone = held().size === 0 && await this.#claim(1, { from: 2, to: Infinity }) > 0;
    if (isAlone) {
      this.#suspectSince = null;
      this.#isCrowded = false;
    }
    const places = this.#placesBesideSuspect;
    if (held().crashes < 2 && places > 0) await this.#claim(places, { from: 1, to: 1 });
    if (!await this.#suspectIsDue()) return isAlone;
    this.#suspectSince ??= clock.monotonic();
    if (await this.#claimCrowded(clock.monotonic() - this.#suspectSince)) {
      this.#suspectSince = null;
      this.#isCrowded = true;
    }
    return !this.#isCrowded;
  }

  /** Milliseconds until suspects that have been due since then need not wait any longer. */
  #patienceLeft(since: number): number {
    const waited = this.#parts.clock.monotonic() - since;
    return waited < probation(1) ? probation(1) - waited : Math.max(probation(2) - waited, shortestPause);
  }

  /** Claims suspects that have waited for so long that they run beside whatever runs; returns whether there were any. */
  async #claimCrowded(waited: number): Promise<boolean> {
    const isFree = (this.#isCrowded || waited >= probation(1)) && this.#parts.held().crashes < 2;
    if (isFree && await this.#claimMany({ from: 1, to: 1 }, () => this.#places) > 0) return true;
    const mayBegin = waited >= probation(2) && this.#places > 0;
    return mayBegin && await this.#claim(1, { from: 2, to: Infinity }) > 0;
  }

  async #claim(limit: number, crashes: Claimable["crashes"], only?: readonly string[]): Promise<number> {
    const { persistence, incarnation, isLate, take, unsure } = this.#parts;
    if (isLate()) return 0;
    const owner = incarnation();
    const asked = new Map<string, Instance>();
    const claimed = await persistence.claim({
      incarnation: owner,
      limit,
      ...this.#claimable(),
      ...(only && { only }),
      crashes,
      take: (state, mail) => {
        asked.set(state.instance.id, state.instance);
        return this.#take(state, mail, owner);
      },
    }).catch((error) => {
      unsure(asked.keys());
      throw error;
    });
    if (claimed.length > 0) {
      this.#pause = shortestPause;
      for (const { state } of claimed) telemetry?.claimed(asked.get(state.instance.id)!, persistence.now());
      take(claimed);
    }
    return claimed.length;
  }

  #take(state: InstanceState, mail: readonly Mail[], owner: string): Advance {
    const { persistence, random, programOf } = this.#parts;
    const now = persistence.now();
    const moment = { now, random: random.number(), begin: true };
    const program = programOf(state.instance);
    if (!program) return claimInstance(state, owner, null, moment);
    try {
      return claimInstance(state, owner, program, moment, mail);
    } catch {
      // A defect met in one run must not keep the others from being claimed. Its runner meets it again, and parks it.
      return claimInstance(state, owner, null, moment);
    }
  }

  #claimable(): Pick<Claimable, "only" | "except"> {
    const only = this.#parts.only();
    const except = this.#parts.except();
    return { ...(only && { only }), ...(except.length > 0 && { except }) };
  }

  #arm(dueAt: number): void {
    this.#disarm();
    this.#dueAt = dueAt;
    this.#timer = this.#parts.clock.schedule(dueAt - this.#parts.persistence.now(), () => {
      this.#dueAt = Infinity;
      this.#look();
    });
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#dueAt = Infinity;
  }
}
