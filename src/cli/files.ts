/** Small files read whole. */
import type { Disk } from '../runtime/disk.ts';
import { DiskError } from '../runtime/disk.ts';
import { CliError } from './context.ts';

/** Largest text file that is read, bytes. */
const textBytesMax = 16 * 1024 * 1024;

/** The file's text; null when there is no such file. Throws DiskError, CliError. */
export async function readTextFile(disk: Disk, path: string): Promise<string | null> {
  try {
    const file = await disk.open(path, 'read');
    try {
      const size = await file.size();
      if (size > textBytesMax) throw new CliError(`${path} is too large: ${size} bytes`);
      const bytes = new Uint8Array(size);
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
