/**
 * A listening socket that several threads accept from, each through a descriptor of its own.
 *
 * A descriptor belongs to one thread, which closes it when it stops or dies; were it shared, the
 * second to close it would close whatever has its number by then. Node copies descriptors only on
 * their way between processes, so a helper process sends the socket back as often as is asked for,
 * and ends.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { BACKLOG } from '../frontend/listener.ts';

const helper = fileURLToPath(new URL('./shared-port-main.js', import.meta.url));

/**
 * What Node sends between processes and has under `_handle`: a socket without a server around it.
 */
interface Handle {
  readonly fd: number;
  close(): void;
}

export class SharedPort {
  readonly host: string;
  readonly port: number;
  /** Never accepts: it keeps the socket open, to be copied again. */
  readonly #keeper: Handle;
  /**
   * Copies that were handed out. Their objects here must outlive the threads that own the
   * descriptors, and must not be closed.
   */
  readonly #handedOut: Handle[] = [];
  readonly #ready: Handle[];

  private constructor(host: string, port: number, copies: Handle[]) {
    const keeper = copies.shift();
    if (keeper === undefined) throw new Error('no copy of the listening socket came back');
    this.host = host;
    this.port = port;
    this.#keeper = keeper;
    this.#ready = copies;
  }

  /** Rejects when the address cannot be bound. `copies` descriptors are made at once. */
  static async open(host: string, port: number, copies: number): Promise<SharedPort> {
    // What connects before there is anybody to serve it is turned away.
    const server = createServer((socket) => socket.destroy());
    server.listen({ host, port, backlog: BACKLOG });
    await once(server, 'listening');
    try {
      const { address, port: bound } = server.address() as AddressInfo;
      return new SharedPort(address, bound, await copiesOf(handleOf(server), copies + 1));
    } finally {
      server.close();
    }
  }

  /** A descriptor for one more thread. */
  async descriptor(): Promise<number> {
    const handle = this.#ready.shift() ?? (await copiesOf(this.#keeper, 1))[0];
    if (handle === undefined) throw new Error('no copy of the listening socket came back');
    this.#handedOut.push(handle);
    return handle.fd;
  }

  /** Frees the port, once the threads have closed theirs. */
  close(): void {
    this.#keeper.close();
    for (const handle of this.#ready.splice(0)) handle.close();
  }
}

function handleOf(server: Server): Handle {
  return (server as unknown as { readonly _handle: Handle })._handle;
}

async function copiesOf(handle: Handle, count: number): Promise<Handle[]> {
  const copies: Handle[] = [];
  const child = fork(helper, [String(count)], { execArgv: [] });
  child.on('message', (_message, copy) => {
    if (copy !== undefined && copy !== null) copies.push(copy as unknown as Handle);
  });
  const over = Promise.all([once(child, 'disconnect'), once(child, 'exit')]);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.send('copy', handle as never, (error) => (error === null ? resolve() : reject(error)));
  });
  await over;
  if (copies.length !== count) {
    for (const copy of copies) copy.close();
    throw new Error(`of ${count} copies of the listening socket ${copies.length} came back`);
  }
  return copies;
}
