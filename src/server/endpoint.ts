/** How clients write the address of a listening server. */
import { isIPv6 } from 'node:net';

export interface ListeningAt {
  readonly host: string;
  readonly port: number;
}

/** `http://127.0.0.1:4567`. A wildcard address is shown as the loopback one it includes. */
export function endpointOf(scheme: 'http' | 'https', { host, port }: ListeningAt): string {
  if (host === '0.0.0.0') return `${scheme}://127.0.0.1:${port}`;
  if (host === '::') return `${scheme}://[::1]:${port}`;
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
