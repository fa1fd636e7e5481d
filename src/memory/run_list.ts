import type { Instance } from "../instance/instance.ts";
import type { RunFilter } from "../provider/persistence.ts";
import type { Run } from "./run.ts";

interface Listed {
  readonly createdAt: number;
  readonly id: string;
}

/** Runs by age. */
export class RunList {
  /** The oldest first: most runs are added at the end. */
  readonly #runs: Run[] = [];

  /** Adds a run. */
  add(run: Run): void {
    this.#runs.splice(this.#placeOf(run.instance), 0, run);
  }

  /** Takes a run out. */
  delete(run: Run): void {
    this.#runs.splice(this.#placeOf(run.instance), 1);
  }

  /** Runs that pass a filter, the newest first; of one time, the greater id first. */
  list(filter: RunFilter): Instance[] {
    const { after, createdFrom = -Infinity, limit } = filter;
    const found: Instance[] = [];
    const start = after ? this.#placeOf(after) : this.#runs.length;
    for (let index = start - 1; index >= 0 && found.length < limit; index--) {
      const { instance } = this.#runs[index]!;
      if (instance.createdAt < createdFrom) break;
      if (passes(instance, filter)) found.push(instance);
    }
    return found;
  }

  /** Index of the first run that is not older than this. */
  #placeOf(listed: Listed): number {
    let low = 0;
    for (let high = this.#runs.length; low < high;) {
      const middle = (low + high) >> 1;
      if (byAge(this.#runs[middle]!.instance, listed) >= 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function passes(
  instance: Instance,
  { status, definitionId, idPrefix = "", reference, createdBefore = Infinity }: RunFilter,
): boolean {
  return (status?.includes(instance.status) ?? true) &&
    (definitionId === undefined || instance.definitionId === definitionId) &&
    (reference === undefined || instance.reference === reference) &&
    instance.createdAt < createdBefore &&
    instance.id.startsWith(idPrefix);
}

/** The oldest first; of one time, the smaller id first. */
function byAge(a: Listed, b: Listed): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
