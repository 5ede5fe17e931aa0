/**
 * Data keys: one or more per encrypted stream, wrapped by a KeyProvider and kept in the metadata
 * store.
 *
 * A section of an encrypted stream is stored as `nonce (12) · ciphertext · tag (16)`, AES-256-GCM,
 * with the section's identity (shard, first ordinal, count, arrival) authenticated, so that stored
 * ciphertext can neither be read nor moved. Nonces are a random prefix per process and a counter:
 * never used twice.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { assert } from '../common/assert.ts';
import { writeU48 } from '../common/bytes.ts';
import type { Section } from '../model/section.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import type { KeyProvider } from './key-provider.ts';

export interface DataKeysDependencies {
  readonly meta: MetaStore;
  readonly provider: KeyProvider;
  readonly clock: Clock;
  readonly random: Random;
}

export interface DataKeysOptions {
  /**
   * Plain keys older than this are unwrapped again, so that a provider's refusal takes effect; ms.
   */
  readonly cacheMs: number;
  /** Plain keys held at once. */
  readonly cachedMax: number;
}

/** An unwrapped data key, ready for use. */
export interface PlainKey {
  readonly id: number;
  readonly plain: Uint8Array;
}

interface StoredKey {
  readonly keyArn: string;
  readonly account: string;
  readonly wrapped: string;
}

interface CachedKey extends PlainKey {
  readonly revision: number;
  readonly sinceMs: number;
}

/** A section whose ciphertext or identity was changed after it was written. */
export class SectionTamperedError extends Error {
  override readonly name = 'SectionTamperedError';
}

const counterKey = 'counter/data-key';
const nonceBytes = 12;
const tagBytes = 16;
const identityBytes = 24;

/** Bytes that sealing adds to a payload. */
export const sealOverheadBytes: number = nonceBytes + tagBytes;

export class DataKeys {
  readonly #deps: DataKeysDependencies;
  readonly #options: DataKeysOptions;
  readonly #cache = new Map<number, CachedKey>();
  readonly #noncePrefix: Uint8Array;
  #nonceCounter = 0;

  constructor(deps: DataKeysDependencies, options: DataKeysOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#noncePrefix = deps.random.bytes(6);
  }

  /**
   * Makes and stores a data key under `keyId`; returns its id. Throws ServiceError with a KMS code.
   */
  async create(keyId: string, account: string): Promise<number> {
    const made = await this.#deps.provider.generateDataKey(keyId, account);
    const counter = await this.#deps.meta.get(counterKey);
    const id = counter === null ? 1 : Number(new TextDecoder().decode(counter.value)) + 1;
    const stored: StoredKey = {
      keyArn: made.keyArn,
      account,
      wrapped: Buffer.from(made.wrapped).toString('base64'),
    };
    const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    await this.#deps.meta.commit([
      { key: counterKey, expect: counter?.rev ?? 'absent', value: encode(id) },
      { key: storeKey(id), expect: 'absent', value: encode(stored) },
    ]);
    this.#remember({ id, plain: made.plain });
    return id;
  }

  /** The plain key if it is at hand and still valid; else null, and `load` must be awaited. */
  cached(id: number): PlainKey | null {
    const key = this.#cache.get(id);
    if (key === undefined) return null;
    const isFresh = this.#deps.clock.monotonic() - key.sinceMs < this.#options.cacheMs;
    return isFresh && key.revision === this.#deps.provider.revision() ? key : null;
  }

  /** Unwraps a data key. Throws ServiceError with a KMS code. */
  async load(id: number): Promise<PlainKey> {
    const known = this.cached(id);
    if (known !== null) return known;
    const entry = await this.#deps.meta.get(storeKey(id));
    if (entry === null) {
      throw new ServiceError('KMSNotFoundException', `Data key ${id} is not found.`);
    }
    const stored = JSON.parse(new TextDecoder().decode(entry.value)) as StoredKey;
    const wrapped = Buffer.from(stored.wrapped, 'base64');
    const plain = await this.#deps.provider.unwrap(stored.keyArn, wrapped, stored.account);
    return this.#remember({ id, plain });
  }

  /** The same section with its payload encrypted under `key`. */
  seal(section: Section, key: PlainKey): Section {
    const nonce = Buffer.alloc(nonceBytes);
    nonce.set(this.#noncePrefix);
    assert(this.#nonceCounter < 2 ** 48 - 1, 'data keys: nonces are used up');
    writeU48(nonce, 6, this.#nonceCounter++);
    const cipher = createCipheriv('aes-256-gcm', key.plain, nonce);
    const sealed = { ...section, keyId: key.id };
    cipher.setAAD(identity(sealed));
    const body = cipher.update(section.payload);
    cipher.final();
    return { ...sealed, payload: Buffer.concat([nonce, body, cipher.getAuthTag()]) };
  }

  /** The section with its payload in plain. Throws SectionTamperedError. */
  open(section: Section, key: PlainKey): Section {
    const { payload } = section;
    if (payload.length < sealOverheadBytes) throw new SectionTamperedError('section is too short');
    const end = payload.length - tagBytes;
    const nonce = payload.subarray(0, nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', key.plain, nonce);
    decipher.setAAD(identity(section));
    decipher.setAuthTag(payload.subarray(end));
    const plain = decipher.update(payload.subarray(nonceBytes, end));
    try {
      decipher.final();
    } catch {
      throw new SectionTamperedError(`section of shard ${section.shard} does not authenticate`);
    }
    return { ...section, payload: plain };
  }

  #remember(key: PlainKey): PlainKey {
    this.#cache.delete(key.id);
    if (this.#cache.size >= this.#options.cachedMax) {
      const oldest = this.#cache.keys().next();
      if (oldest.done !== true) this.#cache.delete(oldest.value);
    }
    const revision = this.#deps.provider.revision();
    this.#cache.set(key.id, { ...key, revision, sinceMs: this.#deps.clock.monotonic() });
    return key;
  }
}

function storeKey(id: number): string {
  return `data-key/${id}`;
}

/** What a section is, as bytes that its encryption authenticates. */
function identity(section: Section): Uint8Array {
  const bytes = new Uint8Array(identityBytes);
  writeU48(bytes, 0, section.shard);
  writeU48(bytes, 6, section.baseOrdinal);
  writeU48(bytes, 12, section.arrivalMs);
  writeU48(bytes, 18, section.count);
  return bytes;
}
