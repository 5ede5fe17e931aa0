/** How clients write the address of a listening server. */

export interface ListeningAt {
  readonly host: string;
  readonly port: number;
}

/** `http://127.0.0.1:4567`. A wildcard address is shown as the loopback one it includes. */
export function endpointOf(scheme: 'http' | 'https', { host, port }: ListeningAt): string {
  if (host === '0.0.0.0') return `${scheme}://127.0.0.1:${port}`;
  if (host === '::') return `${scheme}://[::1]:${port}`;
  // No name has a colon; Node's own test costs a start 4 ms.
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
