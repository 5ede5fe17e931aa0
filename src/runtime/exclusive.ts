/**
 * Work on a small file that no two processes may do at a time: reading it, deciding, replacing it.
 */
import type { Clock } from './clock.ts';
import type { Disk } from './disk.ts';
import type { Random } from './random.ts';
import { directoryOf } from './text-file.ts';

/** How long to wait for another process to be done. */
const WAIT_MS_MAX = 10_000;
/** Most time between two tries, drawn anew each time so that processes do not keep step. */
const TRY_MS_MAX = 20;

/** Another process has not been done with the file in all the time that was waited. */
export class FileBusyError extends Error {
  override readonly name = 'FileBusyError';
}

export interface ExclusiveDependencies {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Does `work` while no other process, nor anybody else in this one, does any for the same `path`.
 * The lock is a file beside it, `<path>.lock`, which stays. Throws FileBusyError after 10 seconds.
 */
export async function exclusively<T>(
  { disk, clock, random }: ExclusiveDependencies,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  await disk.makeDirectory(directoryOf(path));
  const endMs = clock.monotonic() + WAIT_MS_MAX;
  let lock = await disk.lock(`${path}.lock`);
  while (lock === null) {
    if (clock.monotonic() >= endMs) {
      throw new FileBusyError(`${path} is being changed by another process`);
    }
    await clock.sleep(1 + random.below(TRY_MS_MAX));
    lock = await disk.lock(`${path}.lock`);
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
