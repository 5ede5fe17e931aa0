/**
 * A listening socket that several threads accept from, each through a descriptor of its own.
 *
 * Invariant: a descriptor belongs to one thread, which alone opens and closes it; were one shared,
 * or handed from thread to thread as a number, the second to close it would close whatever has its
 * number by then. Node copies descriptors only on their way between processes, so a thread that
 * wants a copy has a helper process inherit the socket and send it back to that thread, and end.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { BACKLOG } from '../frontend/listener.ts';
import type { SocketHandle } from '../frontend/listener.ts';

const helper = fileURLToPath(new URL('./socket-copy-main.js', import.meta.url));

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

/**
 * A copy of the socket behind another thread's `descriptor`, which must stay open meanwhile; it
 * belongs to the thread that calls this.
 */
export async function copiedSocket(descriptor: number): Promise<SocketHandle> {
  const copies: SocketHandle[] = [];
  const child = fork(helper, [], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', descriptor],
  });
  child.on('message', (_message, copy) => {
    if (copy !== undefined && copy !== null) copies.push(copy as unknown as SocketHandle);
  });
  await Promise.all([once(child, 'disconnect'), once(child, 'exit')]);
  const [copy] = copies;
  if (copy === undefined) throw new Error('no copy of the listening socket came back');
  return copy;
}

function handleOf(server: Server): SocketHandle {
  return (server as unknown as { readonly _handle: SocketHandle })._handle;
}
