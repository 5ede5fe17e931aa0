/**
 * The keyring's file: keys, their states and aliases, as JSON that a person can read.
 *
 * It holds key material, so it is written with care (new file, synced, renamed) and belongs on
 * other storage than the data where that matters: `--keyring` names another place.
 */
import {
  base64Shape,
  listShape,
  numberShape,
  objectShape,
  oneOfShape,
  recordShape,
  ShapeError,
  textShape,
} from '../common/shape.ts';
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

const keyShape = objectShape<KeyringKey>({
  id: textShape(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'a UUID'),
  account: textShape(/^\d{12}$/, '12 digits'),
  state: oneOfShape('enabled', 'disabled', 'pending-deletion'),
  createdMs: numberShape,
  sharedWith: listShape(textShape()),
  material: base64Shape(32),
});
const fileShape = objectShape<KeyringContents>({
  version: oneOfShape(1),
  keys: listShape(keyShape),
  aliases: recordShape(textShape()),
});

/** The file is there but cannot be understood; the message says what is wrong with it. */
export class KeyringFormatError extends Error {
  override readonly name = 'KeyringFormatError';
}

/** Parses and checks; throws KeyringFormatError. */
export function parseKeyring(path: string, text: string): KeyringContents {
  try {
    return fileShape(JSON.parse(text), '');
  } catch (error) {
    // Messages of JSON.parse quote the text, and with it whatever is in the file.
    const reason = error instanceof ShapeError ? error.message : 'it is not valid JSON';
    throw new KeyringFormatError(`keyring ${path} cannot be read: ${reason}`);
  }
}

/** Replaces the file durably. */
export function writeKeyring(disk: Disk, path: string, contents: KeyringContents): Promise<void> {
  return replaceTextFile(disk, path, `${JSON.stringify(contents, null, 2)}\n`);
}
