/**
 * Counts what is held of each resource against its limit; both forms of Os keep one.
 *
 * Nothing is ever taken beyond a limit, and a refused request takes nothing.
 */
import type { Lease, Resource } from './os.ts';
import { ResourceExhaustedError } from './os.ts';

export type ResourceLimits = Readonly<Record<Resource, number>>;

export class ResourceTable {
  readonly #limits: Record<Resource, number>;
  readonly #inUse: Record<Resource, number> = { threads: 0, descriptors: 0, connections: 0 };

  constructor(limits: ResourceLimits) {
    this.#limits = { ...limits };
  }

  acquire(resource: Resource, count: number): Lease {
    if (!(Number.isInteger(count) && count >= 0)) {
      throw new RangeError(`not a count of ${resource}: ${count}`);
    }
    if (count > this.#limits[resource] - this.#inUse[resource]) {
      throw new ResourceExhaustedError(resource, this.#limits[resource]);
    }
    this.#inUse[resource] += count;
    let held = count;
    return {
      release: (): void => {
        this.#inUse[resource] -= held;
        held = 0;
      },
    };
  }

  inUse(resource: Resource): number {
    return this.#inUse[resource];
  }

  limit(resource: Resource): number {
    return this.#limits[resource];
  }

  /** Changes a limit from now on; what is held beyond it stays held. */
  setLimit(resource: Resource, limit: number): void {
    this.#limits[resource] = limit;
  }
}
