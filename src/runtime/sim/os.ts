/**
 * The resources of a simulated process: limits and usage are whatever the simulation sets.
 */
import type { Lease, Os, Resource } from '../os.ts';
import type { ResourceLimits } from '../resource-table.ts';
import { ResourceTable } from '../resource-table.ts';

/** A small server, so that a test that needs plenty has to say so. */
const LIMITS_DEFAULT: ResourceLimits = { threads: 64, descriptors: 1024, connections: 1024 };

export interface SimOsOptions {
  readonly cpuCount?: number;
  readonly limits?: Partial<ResourceLimits>;
}

export class SimOs implements Os {
  readonly cpuCount: number;
  readonly #table: ResourceTable;
  #residentBytes = 0;
  #cpuMs = 0;

  constructor(options: SimOsOptions = {}) {
    this.cpuCount = options.cpuCount ?? 2;
    this.#table = new ResourceTable({ ...LIMITS_DEFAULT, ...options.limits });
  }

  acquire(resource: Resource, count: number): Lease {
    return this.#table.acquire(resource, count);
  }

  inUse(resource: Resource): number {
    return this.#table.inUse(resource);
  }

  limit(resource: Resource): number {
    return this.#table.limit(resource);
  }

  residentBytes(): number {
    return this.#residentBytes;
  }

  cpuMs(): number {
    return this.#cpuMs;
  }

  /** Changes a limit from now on; what is held beyond it stays held. */
  setLimit(resource: Resource, limit: number): void {
    this.#table.setLimit(resource, limit);
  }

  setResidentBytes(bytes: number): void {
    this.#residentBytes = bytes;
  }

  /** Counts CPU time as used. */
  spendCpu(ms: number): void {
    this.#cpuMs += ms;
  }
}
