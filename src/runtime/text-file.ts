/**
 * Small files read and replaced as a whole: keyrings, credentials, lists.
 *
 * A replacement is atomic and durable: after a crash either the old or the new text is there, never
 * a mixture.
 */
import { DiskError } from './disk.ts';
import type { Disk } from './disk.ts';

/** Longest file that is read, bytes. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** The file's text; null where there is no file. */
export async function readTextFile(disk: Disk, path: string): Promise<string | null> {
  try {
    const file = await disk.open(path, 'read');
    try {
      const bytes = new Uint8Array(Math.min(await file.size(), FILE_BYTES_MAX));
      const got = await file.read(bytes, 0);
      return new TextDecoder().decode(bytes.subarray(0, got));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DiskError && error.code === 'not-found') return null;
    throw error;
  }
}

/** The directory that the file at `path`, which is absolute, is in. */
export function directoryOf(path: string): string {
  return path.replace(/\/[^/]*$/, '') || '/';
}

/** Makes the directory too where it is missing. */
export async function replaceTextFile(disk: Disk, path: string, text: string): Promise<void> {
  const directory = directoryOf(path);
  const temporary = `${path}.new`;
  await disk.makeDirectory(directory);
  await disk.remove(temporary);
  const file = await disk.open(temporary, 'create');
  try {
    await file.write([new TextEncoder().encode(text)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDirectory(directory);
}
