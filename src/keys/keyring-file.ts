/**
 * The keyring's file: keys, their states and aliases, as JSON that a person can read.
 *
 * It holds key material, so it is written with care (new file, synced, renamed) and belongs on
 * other storage than the data where that matters: `--keyring` names another place.
 */
import { z } from 'zod';
import type { Disk } from '../runtime/disk.ts';
import { replaceTextFile } from '../runtime/text-file.ts';

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

/** Parses and checks; throws KeyringFormatError. */
export function parseKeyring(path: string, text: string): KeyringContents {
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeyringFormatError(`keyring ${path} cannot be read: ${reason}`);
  }
}

/** Replaces the file durably. */
export function writeKeyring(disk: Disk, path: string, contents: KeyringContents): Promise<void> {
  return replaceTextFile(disk, path, `${JSON.stringify(contents, null, 2)}\n`);
}
