/**
 * Network addresses as text: `host:port`, with brackets around the host of an IPv6 address.
 */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Splits `host:port` or `[v6]:port`; throws RangeError where the text is neither. */
export function parseAddress(address: string): HostAndPort {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535)) {
    throw new RangeError(`not an address of the form host:port: ${address}`);
  }
  return { host, port };
}

/** The text form of an address, with brackets where the host contains colons. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
