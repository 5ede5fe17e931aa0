/**
 * A listening socket that several threads accept from, each through a descriptor of its own.
 *
 * Invariant: a descriptor belongs to one thread, which alone opens and closes it; were one shared,
 * or handed from thread to thread as a number, the second to close it would close whatever has its
 * number by then.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { BACKLOG } from '../frontend/listener.ts';
import type { SocketHandle } from '../frontend/listener.ts';

export class ListeningSocket {
  readonly host: string;
  readonly port: number;
  /** For one listener of this thread, which then closes it. */
  readonly handle: SocketHandle;

  private constructor(host: string, port: number, handle: SocketHandle) {
    this.host = host;
    this.port = port;
    this.handle = handle;
  }

  /**
   * Rejects when the address cannot be bound. What connects before a listener has the handle is
   * turned away.
   */
  static async open(host: string, port: number): Promise<ListeningSocket> {
    const server = createServer((socket) => socket.destroy());
    server.listen({ host, port, backlog: BACKLOG });
    await once(server, 'listening');
    const { address, port: bound } = server.address() as AddressInfo;
    return new ListeningSocket(address, bound, handleOf(server));
  }

  /** What other threads have it copied by, for as long as it is open. */
  get descriptor(): number {
    return this.handle.fd;
  }

  /** Where no listener has done that. */
  close(): void {
    this.handle.close();
  }
}

function handleOf(server: Server): SocketHandle {
  return (server as unknown as { readonly _handle: SocketHandle })._handle;
}
