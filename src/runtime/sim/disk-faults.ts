/**
 * Faults that a simulated disk has been told to show, each for a number of operations to come.
 */
import type { DiskErrorCode } from '../disk.ts';
import { DiskError } from '../disk.ts';

export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'allocate'
  | 'truncate'
  | 'size'
  | 'close'
  | 'makeDirectory'
  | 'list'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'lock'
  | 'space';

export interface DiskFault {
  readonly operation: DiskOperation;
  /**
   * Only operations on this path as the caller wrote it (of a file: as it was opened); null: any.
   */
  readonly path: string | null;
  readonly code: DiskErrorCode;
}

export class DiskFaults {
  #planned: { readonly fault: DiskFault; left: number }[] = [];

  /** The next `times` operations that match `fault` fail. */
  plan(fault: DiskFault, times: number): void {
    this.#planned.push({ fault, left: times });
  }

  clear(): void {
    this.#planned = [];
  }

  /** The error that this operation has to fail with, null when it may succeed. */
  take(operation: DiskOperation, path: string): DiskError | null {
    const planned = this.#planned.find(
      ({ fault }) => fault.operation === operation && (fault.path ?? path) === path,
    );
    if (planned === undefined) {
      return null;
    }
    planned.left -= 1;
    this.#planned = this.#planned.filter(({ left }) => left > 0);
    return new DiskError(planned.fault.code, path, `${operation} failed on purpose`);
  }
}
