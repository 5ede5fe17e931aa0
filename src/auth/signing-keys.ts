/**
 * Signing keys by credential, date and region, kept because deriving one takes four HMACs.
 *
 * An entry is good only for the very credential object it was made from, so a changed or revoked
 * secret can never be served from here. The oldest entries go when the bound is reached.
 */
import { createHmac } from 'node:crypto';
import type { Credential } from './credential-store.ts';
import { HmacKey } from './hmac-key.ts';

interface Entry {
  readonly credential: Credential;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly key: HmacKey;
}

export class SigningKeys {
  readonly #entries = new Map<string, Entry>();
  readonly #entriesMax: number;
  /** The one asked for last, which mostly is asked for again. */
  #last: Entry | null = null;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `date` is `YYYYMMDD`. */
  key(credential: Credential, date: string, region: string, service: string): HmacKey {
    const last = this.#last;
    if (
      last !== null &&
      last.credential === credential &&
      last.date === date &&
      last.region === region &&
      last.service === service
    ) {
      return last.key;
    }
    const name = `${credential.accessKeyId}/${date}/${region}/${service}`;
    const known = this.#entries.get(name);
    if (known !== undefined && known.credential === credential) {
      this.#last = known;
      return known.key;
    }
    const key = new HmacKey(deriveSigningKey(credential.secret, date, region, service));
    this.#entries.delete(name);
    if (this.#entries.size >= this.#entriesMax) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) {
        this.#entries.delete(oldest.value);
      }
    }
    this.#last = { credential, date, region, service, key };
    this.#entries.set(name, this.#last);
    return key;
  }
}

/** The key that signs everything of one secret, day, region and service. */
export function deriveSigningKey(
  secret: string,
  date: string,
  region: string,
  service: string,
): Uint8Array {
  let key: Uint8Array = Buffer.from(`AWS4${secret}`);
  for (const part of [date, region, service, 'aws4_request']) {
    key = createHmac('sha256', key).update(part).digest();
  }
  return key;
}
