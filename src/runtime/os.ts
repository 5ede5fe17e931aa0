/**
 * The Os port: the resources an operating system limits, countable and exhaustible.
 *
 * Threads, file descriptors and connections are acquired and released by name, so that a limit can
 * be planned against, alarmed on and, in simulation, hit.
 */
export type Resource = 'threads' | 'descriptors' | 'connections';

export class ResourceExhaustedError extends Error {
  override readonly name = 'ResourceExhaustedError';
  readonly resource: Resource;
  constructor(resource: Resource, limit: number) {
    super(`out of ${resource}: the limit is ${limit}`);
    this.resource = resource;
  }
}

/** Holds `count` units until released; releasing twice does nothing. */
export interface Lease {
  release(): void;
}

export interface Os {
  readonly cpuCount: number;
  /** Throws ResourceExhaustedError and takes nothing when fewer than `count` units are left. */
  acquire(resource: Resource, count: number): Lease;
  inUse(resource: Resource): number;
  limit(resource: Resource): number;
  /** Resident memory of this process, bytes. */
  residentBytes(): number;
  /** CPU time used by this process so far, milliseconds (user + system). */
  cpuMs(): number;
}
