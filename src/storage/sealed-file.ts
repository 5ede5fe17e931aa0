/**
 * Small files that are replaced as a whole: written under a temporary name, synced, renamed.
 */
import type { Disk } from '../runtime/disk.ts';
import { DiskError } from '../runtime/disk.ts';
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
   * Puts `parts` at `name`, durably; a crash leaves the old or the new content. Where it fails, the
   * old content stays, except that a failed sync of the directory leaves the new one, not durable.
   */
  async replace(name: string, parts: readonly Uint8Array[]): Promise<void> {
    const { disk } = this;
    const temporary = this.path(`${name}.tmp`);
    await writeNewFile(disk, temporary, (file) => file.write(parts, 0));
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
