/**
 * Small files read and written as a whole.
 */
import { DiskError } from './disk.ts';
import type { Disk, DiskFile } from './disk.ts';

/** The content of the file at `path`, at most `bytesMax` of it; null where there is no file. */
export async function readWholeFile(
  disk: Disk,
  path: string,
  bytesMax: number = Number.MAX_SAFE_INTEGER,
): Promise<Uint8Array | null> {
  try {
    const file = await disk.open(path, 'read');
    try {
      const bytes = new Uint8Array(Math.min(await file.size(), bytesMax));
      return bytes.subarray(0, await file.read(bytes, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DiskError && error.code === 'not-found') return null;
    throw error;
  }
}

/**
 * Makes a new file at `path`, in place of one that was left there, has `fill` write it, and syncs
 * the content; gives what `fill` gave. For the name to be durable the directory must be synced too.
 * Where it fails there is no file: on a full disk a part of it would hold the space that others
 * need.
 */
export async function writeNewFile<Result>(
  disk: Disk,
  path: string,
  fill: (file: DiskFile) => Promise<Result>,
): Promise<Result> {
  await disk.remove(path);
  const file = await disk.open(path, 'create');
  try {
    const result = await fill(file);
    await file.sync();
    await file.close();
    return result;
  } catch (error) {
    await file.close();
    await disk.remove(path);
    throw error;
  }
}
