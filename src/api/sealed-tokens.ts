/**
 * Tokens as sealed boxes in base64 (see `tokens.ts` for what they are for).
 *
 * An iterator begins with the eight bytes that those of the service begin with, and its length
 * depends on the stream's name as theirs does, so it looks the same to tools and never exceeds 512
 * characters:
 *
 * ```
 *  0            8       32                                                  32+n  48+n
 *  | 00 … 00 01 | nonce | uid 6 · shard 4 · ordinal 8 · issued 8 · texts, zeros | tag |
 * ```
 */
import { assert } from '../common/assert.ts';
import {
  concat,
  readU32,
  readU48,
  readU64,
  writeU32,
  writeU48,
  writeU64,
} from '../common/bytes.ts';
import { seal, SEAL_KEY_BYTES, SEAL_NONCE_BYTES, unseal } from '../common/sealed-box.ts';
import type { Random } from '../runtime/random.ts';
import type { IteratorToken, PageToken, Tokens } from './tokens.ts';

const PREFIX: Uint8Array = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1);
const NUMBERS_BYTES = 26;
/** Length of the sealed part of an iterator of a stream with a very short name. */
const ITERATOR_PLAIN_BYTES = 104;
const STEP_BYTES = 16;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Contexts: a box of one kind does not open as the other. */
const ITERATOR: Uint8Array = encoder.encode('iterator 1');
const PAGE: Uint8Array = encoder.encode('page 1');

export interface SealedTokensDependencies {
  readonly random: Random;
}

export class SealedTokens implements Tokens {
  readonly #random: Random;
  readonly #key: Uint8Array;

  /** `key`: 32 secret bytes, the same on every server that shall understand the tokens. */
  constructor(dependencies: SealedTokensDependencies, key: Uint8Array) {
    assert(key.length === SEAL_KEY_BYTES, 'tokens: key length');
    this.#random = dependencies.random;
    this.#key = key;
  }

  sealIterator(token: IteratorToken): string {
    const texts = encoder.encode(`${token.account}\n${token.streamName}`);
    const steps = Math.floor((token.streamName.length + 2) / STEP_BYTES);
    const plain = new Uint8Array(ITERATOR_PLAIN_BYTES + steps * STEP_BYTES);
    assert(NUMBERS_BYTES + texts.length < plain.length, 'tokens: name too long');
    writeU48(plain, 0, token.streamUid);
    writeU32(plain, 6, token.shardIndex);
    writeU64(plain, 10, token.ordinal);
    writeU64(plain, 18, token.issuedMs);
    plain.set(texts, NUMBERS_BYTES);
    return this.#seal(ITERATOR, plain);
  }

  openIterator(text: string): IteratorToken | null {
    const quoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
    const plain = this.#unseal(ITERATOR, quoted ? text.slice(1, -1) : text);
    if (plain === null) return null;
    const end = plain.indexOf(0, NUMBERS_BYTES);
    const texts = decoder.decode(plain.subarray(NUMBERS_BYTES, end));
    const [account = '', streamName = ''] = texts.split('\n');
    return {
      streamUid: readU48(plain, 0),
      shardIndex: readU32(plain, 6),
      ordinal: readU64(plain, 10),
      issuedMs: readU64(plain, 18),
      account,
      streamName,
    };
  }

  sealPage(token: PageToken): string {
    return this.#seal(PAGE, encoder.encode(JSON.stringify(token)));
  }

  openPage(text: string): PageToken | null {
    const plain = this.#unseal(PAGE, text);
    return plain === null ? null : (JSON.parse(decoder.decode(plain)) as PageToken);
  }

  #seal(context: Uint8Array, plain: Uint8Array): string {
    const box = seal(this.#key, this.#random.bytes(SEAL_NONCE_BYTES), context, plain);
    return Buffer.from(concat([PREFIX, box])).toString('base64');
  }

  #unseal(context: Uint8Array, text: string): Uint8Array | null {
    const bytes = Buffer.from(text, 'base64');
    // Only the one text that was handed out counts, not others that decode to the same bytes.
    if (bytes.length <= PREFIX.length || bytes.toString('base64') !== text) return null;
    if (Buffer.compare(bytes.subarray(0, PREFIX.length), PREFIX) !== 0) return null;
    return unseal(this.#key, context, bytes.subarray(PREFIX.length));
  }
}
