/**
 * The file that says what a volume directory is: the identity its frames carry and the highest
 * epoch that has opened it. Replaced as a whole by rename, so a crash leaves the old or the new
 * one.
 */
import { crc32 } from '../../common/crc32.ts';
import type { Disk } from '../../runtime/disk.ts';
import { getU64, setU64 } from '../../common/bytes.ts';
import { SealedFiles } from '../sealed-file.ts';

const NAME = 'volume.id';
const BYTES = 32;
/** `TRV1` as the bytes read. */
const MAGIC = 0x31565254;
const VERSION = 1;

export interface VolumeIdentity {
  readonly identity: number;
  readonly volume: number;
  readonly epoch: number;
}

/** The volume's identity; null where the file is missing or damaged. */
export async function readVolumeFile(
  disk: Disk,
  directory: string,
): Promise<VolumeIdentity | null> {
  const bytes = await new SealedFiles(disk, directory).read(NAME);
  if (bytes?.byteLength !== BYTES) {
    return null;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, BYTES);
  const intact =
    view.getUint32(0, true) === MAGIC &&
    view.getUint8(4) === VERSION &&
    view.getUint32(BYTES - 4, true) === crc32(bytes.subarray(0, BYTES - 4));
  return intact
    ? {
        identity: view.getUint32(8, true),
        volume: view.getUint32(12, true),
        epoch: getU64(view, 16),
      }
    : null;
}

/** Writes the file durably. */
export async function writeVolumeFile(
  disk: Disk,
  directory: string,
  content: VolumeIdentity,
): Promise<void> {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, VERSION);
  view.setUint32(8, content.identity, true);
  view.setUint32(12, content.volume, true);
  setU64(view, 16, content.epoch);
  view.setUint32(BYTES - 4, crc32(bytes.subarray(0, BYTES - 4)), true);
  await new SealedFiles(disk, directory).replace(NAME, bytes);
}
