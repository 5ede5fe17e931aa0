/**
 * The resources of the host process, counted against the limits that the system sets for it.
 *
 * On Linux the limits are read once, at the start; elsewhere the stated defaults hold. Options win.
 */
import { readFileSync } from 'node:fs';
import * as os from 'node:os';
import process from 'node:process';
import type { Lease, Os, Resource } from '../os.ts';
import type { ResourceLimits } from '../resource-table.ts';
import { ResourceTable } from '../resource-table.ts';

/** Where the system does not tell: what common systems allow a user without special rights. */
const DESCRIPTORS_DEFAULT = 10_240;
const THREADS_DEFAULT = 2_048;

export interface NodeOsOptions {
  /** Limits that replace the system's own, by resource. */
  readonly limits?: Partial<ResourceLimits>;
}

export class NodeOs implements Os {
  readonly cpuCount: number = os.availableParallelism();
  readonly #table: ResourceTable;

  constructor(options: NodeOsOptions = {}) {
    this.#table = new ResourceTable({ ...systemLimits(), ...options.limits });
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
    return process.memoryUsage.rss();
  }

  cpuMs(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

/**
 * A connection needs a descriptor, so their limit is the descriptors' limit unless options say
 * less.
 */
function systemLimits(): ResourceLimits {
  const limits = readText('/proc/self/limits');
  const descriptors = numberIn(limits, /^Max open files\s+(\d+)/m) ?? DESCRIPTORS_DEFAULT;
  const threads = [
    numberIn(limits, /^Max processes\s+(\d+)/m),
    numberIn(readText('/proc/sys/kernel/threads-max'), /^(\d+)/),
    numberIn(readText('/sys/fs/cgroup/pids.max'), /^(\d+)/),
  ].filter((limit) => limit !== undefined);
  return {
    descriptors,
    connections: descriptors,
    threads: threads.length > 0 ? Math.min(...threads) : THREADS_DEFAULT,
  };
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The text of a system file, empty where the system has no such file or hides it. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
