/**
 * A self-signed TLS certificate for the data port, where none was given: ECDSA P-256, valid for ten
 * years, for localhost and the loopback addresses (and the host it listens on).
 *
 * Written directly as DER: the few structures of X.509 that it needs cost less than loading a
 * certificate library at every start.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
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

const oid = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
} as const;

/** `host`: a further name or address the certificate is for. */
export function selfSignedIdentity(host: string, nowMs: number): PemIdentity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicDer = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(objectId(oid.ecdsaWithSha256));
  const name = sequence(
    set(sequence(objectId(oid.commonName), tagged(0x0c, Buffer.from('tailrace')))),
  );
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    tagged(0x02, serial),
    algorithm,
    name,
    sequence(time(nowMs - backdateMs), time(nowMs + validMs)),
    name,
    publicDer,
    tagged(0xa3, sequence(...extensions(publicDer, host))),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, algorithm, bitString(signature));
  return {
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extensions(publicDer: Uint8Array, host: string): Buffer[] {
  const keyId = createHash('sha1').update(publicDer).digest();
  const hosts = new Set(['localhost', '127.0.0.1', '::1', host]);
  return [
    // Its own root, so that clients can be told to trust it.
    extension(oid.basicConstraints, true, sequence(tagged(0x01, Buffer.of(0xff)))),
    // digitalSignature and keyCertSign.
    extension(oid.keyUsage, true, tagged(0x03, Buffer.of(2, 0x84))),
    extension(oid.subjectKeyIdentifier, false, tagged(0x04, keyId)),
    extension(oid.subjectAltName, false, sequence(...[...hosts].map(alternativeName))),
  ];
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  const flag = critical ? [tagged(0x01, Buffer.of(0xff))] : [];
  return sequence(objectId(id), ...flag, tagged(0x04, value));
}

function alternativeName(host: string): Buffer {
  if (isIP(host) === 4) return tagged(0x87, Buffer.from(host.split('.').map(Number)));
  if (isIP(host) === 6) return tagged(0x87, ipv6Bytes(host));
  return tagged(0x82, Buffer.from(host));
}

function ipv6Bytes(address: string): Buffer {
  const [left = '', right] = address.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = new Array<string>(8 - head.length - tail.length).fill('0');
  const groups = right === undefined ? head : [...head, ...zeros, ...tail];
  const bytes = Buffer.alloc(16);
  groups.forEach((group, i) => bytes.writeUInt16BE(Number.parseInt(group, 16), i * 2));
  return bytes;
}

/** Tag, length, content. */
function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(content);
  const { length } = bytes;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), bytes]);
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), bytes]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), bytes]);
}

function sequence(...content: readonly Uint8Array[]): Buffer {
  return tagged(0x30, ...content);
}

function set(...content: readonly Uint8Array[]): Buffer {
  return tagged(0x31, ...content);
}

function bitString(bytes: Uint8Array): Buffer {
  return tagged(0x03, Buffer.of(0), bytes);
}

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

/** UTCTime to 2049, GeneralizedTime from then on, as X.509 wants it. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2)))
    : tagged(0x18, Buffer.from(digits));
}

function pem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
