/**
 * The keyring's file: keys, their states and aliases, as JSON that a person can read.
 *
 * It holds key material, so it is written with care (new file, synced, renamed) and belongs on
 * other storage than the data where that matters: `--keyring` names another place.
 */
import { z } from 'zod';
import { type Disk, DiskError } from '../runtime/disk.ts';

export type KeyState = 'enabled' | 'disabled' | 'pending-deletion';

export interface KeyringKey {
  readonly id: string;
  readonly account: string;
  readonly state: KeyState;
  readonly createdMs: number;
  /** Other accounts that may use the key. */
  readonly sharedWith: readonly string[];
  /** 32 bytes, base64. */
  readonly material: string;
}

export interface KeyringContents {
  readonly version: 1;
  readonly keys: readonly KeyringKey[];
  /** `<account>/alias/<name>` to key id. */
  readonly aliases: Readonly<Record<string, string>>;
}

const keySchema: z.ZodType<KeyringKey> = z.object({
  id: z.uuid(),
  account: z.string().regex(/^\d{12}$/),
  state: z.enum(['enabled', 'disabled', 'pending-deletion']),
  createdMs: z.number(),
  sharedWith: z.array(z.string()),
  material: z.base64().length(44),
});
const fileSchema: z.ZodType<KeyringContents> = z.object({
  version: z.literal(1),
  keys: z.array(keySchema),
  aliases: z.record(z.string(), z.string()),
});

/** The file is there but cannot be understood; the message says what is wrong with it. */
export class KeyringFormatError extends Error {
  override readonly name = 'KeyringFormatError';
}

/** Largest keyring file that is read, bytes. */
const fileBytesMax = 16 * 1024 * 1024;

/** The file's text; null where there is no file. */
export async function readKeyringText(disk: Disk, path: string): Promise<string | null> {
  try {
    const file = await disk.open(path, 'read');
    try {
      const bytes = new Uint8Array(Math.min(await file.size(), fileBytesMax));
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

/** Parses and checks; throws KeyringFormatError. */
export function parseKeyring(path: string, text: string): KeyringContents {
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeyringFormatError(`keyring ${path} cannot be read: ${reason}`);
  }
}

/**
 * Replaces the file durably: either the old or the new contents survive a crash, never a mixture.
 */
export async function writeKeyring(
  disk: Disk,
  path: string,
  contents: KeyringContents,
): Promise<void> {
  const directory = path.replace(/\/[^/]*$/, '') || '/';
  const temporary = `${path}.new`;
  await disk.makeDirectory(directory);
  await disk.remove(temporary);
  const file = await disk.open(temporary, 'create');
  try {
    const bytes = new TextEncoder().encode(`${JSON.stringify(contents, null, 2)}\n`);
    await file.write([bytes], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDirectory(directory);
}
