/**
 * Authenticated encryption of small texts with random nonces that need not be counted.
 *
 * AES-256-GCM breaks when a key meets the same 96-bit nonce twice, which random nonces do after
 * some 2^32 messages. So the nonce here is 192 bits: its first half picks a key derived for this
 * box (HMAC-SHA-256 of the master key), its second half is GCM's nonce.
 *
 * ```
 *  0        12       24                   end-16    end
 *  | key salt | nonce | ciphertext          | tag     |
 * ```
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { assert } from './assert.ts';

export const SEAL_KEY_BYTES = 32;
export const SEAL_NONCE_BYTES = 24;
const SALT_BYTES = 12;
const TAG_BYTES = 16;
/** Bytes a box is longer than what is in it. */
export const SEAL_OVERHEAD_BYTES: number = SEAL_NONCE_BYTES + TAG_BYTES;

function derive(key: Uint8Array, salt: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(salt).digest();
}

/**
 * Seals `plain` together with `context`, which is not stored but must be the same on opening.
 * `nonce`: 24 random bytes, new for every box.
 */
export function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  context: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  assert(key.length === SEAL_KEY_BYTES, 'sealed box: key length');
  assert(nonce.length === SEAL_NONCE_BYTES, 'sealed box: nonce length');
  const boxKey = derive(key, nonce.subarray(0, SALT_BYTES));
  const cipher = createCipheriv('aes-256-gcm', boxKey, nonce.subarray(SALT_BYTES));
  cipher.setAAD(context);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** What is in a box; null when it was sealed otherwise or changed since. */
export function unseal(key: Uint8Array, context: Uint8Array, box: Uint8Array): Uint8Array | null {
  assert(key.length === SEAL_KEY_BYTES, 'sealed box: key length');
  if (box.length < SEAL_OVERHEAD_BYTES) return null;
  const boxKey = derive(key, box.subarray(0, SALT_BYTES));
  const nonce = box.subarray(SALT_BYTES, SEAL_NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', boxKey, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(context);
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
  const body = decipher.update(box.subarray(SEAL_NONCE_BYTES, box.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return body;
}
