/**
 * Small files that are replaced as a whole: written under a temporary name, synced, renamed.
 */
import type { Disk } from '../runtime/disk.ts';
import { DiskError } from '../runtime/disk.ts';

/**
 * Puts `parts` at `directory/name`, durably; a crash leaves the old or the new content. Where it
 * fails, the old content stays, except that a failed sync of the directory leaves the new one, not
 * durable.
 */
export async function replaceFile(
  disk: Disk,
  directory: string,
  name: string,
  parts: readonly Uint8Array[],
): Promise<void> {
  const temporary = `${directory}/${name}.tmp`;
  await disk.remove(temporary);
  const file = await disk.open(temporary, 'create');
  try {
    await file.write(parts, 0);
    await file.sync();
    await file.close();
  } catch (error) {
    await file.close();
    // On a full disk a part of it would hold the space that others need.
    await disk.remove(temporary);
    throw error;
  }
  await disk.rename(temporary, `${directory}/${name}`);
  await disk.syncDirectory(directory);
}

/** The content of a file; null where there is none. */
export async function readWholeFile(disk: Disk, path: string): Promise<Uint8Array | null> {
  try {
    const file = await disk.open(path, 'read');
    try {
      const bytes = new Uint8Array(await file.size());
      return bytes.subarray(0, await file.read(bytes, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DiskError && error.code === 'not-found') {
      return null;
    }
    throw error;
  }
}
