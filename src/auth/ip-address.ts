/**
 * IP addresses and ranges as numbers: IPv4 as the IPv6 range that maps it, so that one comparison
 * serves both.
 */

const ADDRESS_BITS = 128;
const V4_BITS = 32;
/** `::ffff:0:0/96`, where IPv4 addresses are mapped. */
const V4_PREFIX = 0xffffn << 32n;

export interface IpRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** Null when the text is no address. A zone (`%eth0`) is ignored. */
export function parseIpAddress(text: string): bigint | null {
  const address = text.split('%', 1)[0] as string;
  return address.includes(':') ? parseV6(address) : mapped(parseV4(address));
}

/** An address or `address/bits`; null when it is neither. */
export function parseIpRange(text: string): IpRange | null {
  const [address = '', bits, ...rest] = text.trim().split('/');
  const first = parseIpAddress(address);
  if (first === null || rest.length > 0) {
    return null;
  }
  const addressBits = address.includes(':') ? ADDRESS_BITS : V4_BITS;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) {
    return null;
  }
  const prefix = bits === undefined ? addressBits : Number(bits);
  if (prefix > addressBits) {
    return null;
  }
  const mask = (1n << BigInt(addressBits - prefix)) - 1n;
  return { first: first & ~mask, last: first | mask };
}

function mapped(v4: bigint | null): bigint | null {
  return v4 === null ? null : V4_PREFIX | v4;
}

function parseV4(text: string): bigint | null {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    return null;
  }
  let value = 0n;
  for (const part of text.split('.')) {
    if (Number(part) > 255) {
      return null;
    }
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseV6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) {
    return null;
  }
  const [head, tail] = halves.map((half) => groupsOf(half)) as [
    string[] | null,
    (string[] | null)?,
  ];
  if (head === null || tail === null) {
    return null;
  }
  const given = head.length + (tail?.length ?? 0);
  if (tail === undefined ? given !== 8 : given > 7) {
    return null;
  }
  const zeros = Array.from({ length: 8 - given }, () => '0');
  let value = 0n;
  for (const group of [...head, ...zeros, ...(tail ?? [])]) {
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return value;
}

/** Hexadecimal groups; a trailing IPv4 address counts as two. */
function groupsOf(half: string): string[] | null {
  if (half === '') {
    return [];
  }
  const groups = half.split(':');
  const last = groups.at(-1) as string;
  if (last.includes('.')) {
    const v4 = parseV4(last);
    if (v4 === null) {
      return null;
    }
    groups.splice(-1, 1, (v4 >> 16n).toString(16), (v4 & 0xffffn).toString(16));
  }
  return groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) ? groups : null;
}
