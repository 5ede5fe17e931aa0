/**
 * Small files that are replaced as a whole: written under a temporary name, synced, renamed.
 */
import type { Disk, DiskFile } from '../runtime/disk.ts';
import { DISK_BLOCK_BYTES, DiskError, LARGE_WRITE_BYTES } from '../runtime/disk.ts';
import { readWholeFile, writeNewFile } from '../runtime/whole-file.ts';

/** The files of one directory that are replaced so; everybody who does it there shares one. */
export class SealedFiles {
  readonly disk: Disk;
  readonly directory: string;
  #failedSyncs = 0;

  constructor(disk: Disk, directory: string) {
    this.disk = disk;
    this.directory = directory;
  }

  path(name: string): string {
    return `${this.directory}/${name}`;
  }

  /**
   * Puts `bytes` at `name`, durably; a crash leaves the old or the new content. Where it fails, the
   * old content stays, except that a failed sync of the directory leaves the new one, not durable.
   */
  async replace(name: string, bytes: Uint8Array): Promise<void> {
    const { disk } = this;
    const temporary = this.path(`${name}.tmp`);
    await writeNewFile(disk, temporary, (file) => writeContent(file, bytes));
    const failedBefore = this.#failedSyncs;
    await disk.rename(temporary, this.path(name));
    await this.syncNames();
    if (this.#failedSyncs > failedBefore) {
      // The sync of another file failed meanwhile, and may have taken this name with it.
      throw new DiskError('io', this.path(name), 'the name may not be durable');
    }
  }

  /** Makes the names durable, except those that a failed sync was to save. */
  async syncNames(): Promise<void> {
    try {
      await this.disk.syncDirectory(this.directory);
    } catch (error) {
      this.#failedSyncs += 1;
      throw error;
    }
  }

  /** The content of a file; null where there is none. */
  read(name: string): Promise<Uint8Array | null> {
    return readWholeFile(this.disk, this.path(name));
  }
}

/**
 * Writes the content of a new file. The whole blocks of a large one go past the system's cache, for
 * which new pages of it would cost more than the write.
 */
async function writeContent(file: DiskFile, bytes: Uint8Array): Promise<void> {
  const isLarge = bytes.length >= LARGE_WRITE_BYTES;
  const blocks = isLarge ? bytes.length - (bytes.length % DISK_BLOCK_BYTES) : 0;
  if (blocks > 0) await file.writeDurable([bytes.subarray(0, blocks)], 0);
  if (blocks < bytes.length) await file.write([bytes.subarray(blocks)], blocks);
}
