/**
 * The keyring's file: keys, their states and aliases, as JSON that a person can read.
 *
 * It holds key material, so it is written with care (new file, synced, renamed) and belongs on
 * other storage than the data where that matters: `--keyring` names another place.
 */
import * as v from 'valibot';
import { base64Text, JsonShapeError, parseJsonShape, patternText } from '../common/json-shape.ts';
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

const fileSchema: v.GenericSchema<unknown, KeyringContents> = v.object({
  version: v.literal(1),
  keys: v.array(
    v.object({
      id: patternText(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'a UUID'),
      account: patternText(/^\d{12}$/, '12 digits'),
      state: v.picklist(['enabled', 'disabled', 'pending-deletion']),
      createdMs: v.number(),
      sharedWith: v.array(v.string()),
      material: base64Text(32),
    }),
  ),
  aliases: v.record(v.string(), v.string()),
});

/** The file is there but cannot be understood; the message says what is wrong with it. */
export class KeyringFormatError extends Error {
  override readonly name = 'KeyringFormatError';
}

/** Parses and checks; throws KeyringFormatError. */
export function parseKeyring(path: string, text: string): KeyringContents {
  try {
    return parseJsonShape(fileSchema, text);
  } catch (error) {
    if (!(error instanceof JsonShapeError)) throw error;
    throw new KeyringFormatError(`keyring ${path} cannot be read: ${error.message}`);
  }
}

/** Replaces the file durably. */
export function writeKeyring(disk: Disk, path: string, contents: KeyringContents): Promise<void> {
  return replaceTextFile(disk, path, `${JSON.stringify(contents, null, 2)}\n`);
}
