/**
 * Small files read and replaced as a whole: keyrings, credentials, lists.
 *
 * A replacement is atomic and durable: after a crash either the old or the new text is there, never
 * a mixture.
 */
import type { Disk } from './disk.ts';
import { readWholeFile, writeNewFile } from './whole-file.ts';

/** Longest file that is read, bytes. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** The file's text; null where there is no file. */
export async function readTextFile(disk: Disk, path: string): Promise<string | null> {
  const bytes = await readWholeFile(disk, path, FILE_BYTES_MAX);
  return bytes === null ? null : new TextDecoder().decode(bytes);
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
  await writeNewFile(disk, temporary, (file) => file.write([new TextEncoder().encode(text)], 0));
  await disk.rename(temporary, path);
  await disk.syncDirectory(directory);
}
