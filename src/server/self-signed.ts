/**
 * A self-signed TLS certificate for the data port, where none was given: ECDSA P-256, valid for ten
 * years, for localhost and the loopback addresses (and the host it listens on).
 *
 * The library that makes it is loaded only when a certificate is made, in a process of its own
 * (`self-signed-main.ts`): once per data directory.
 */
import { isIP } from 'node:net';

export interface PemIdentity {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

const validMs = 10 * 365 * 86_400_000;
/** Clocks of clients may be behind ours. */
const backdateMs = 86_400_000;

/** `host`: a further name or address the certificate is for. */
export async function selfSignedIdentity(host: string, nowMs: number): Promise<PemIdentity> {
  // In the bundle, CommonJS that is loaded late has a default export only.
  const { default: selfsigned } = await import('selfsigned');
  const names = [...new Set(['localhost', '127.0.0.1', '::1', host])];
  const made = await selfsigned.generate([{ name: 'commonName', value: 'tailrace' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - backdateMs),
    notAfterDate: new Date(nowMs + validMs),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'subjectAltName', altNames: names.map(altName) },
    ],
  });
  return { certificate: made.cert, key: made.private };
}

function altName(name: string): { type: 2; value: string } | { type: 7; ip: string } {
  return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name };
}
