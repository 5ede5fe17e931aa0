/**
 * Copies of a listening socket, each made by the thread that it then belongs to.
 *
 * Node copies descriptors only on their way between processes, so a thread that wants a copy has a
 * helper process inherit the socket and send it back to that thread, and end.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SocketHandle } from '../frontend/listener.ts';

const helper = fileURLToPath(new URL('./socket-copy-main.js', import.meta.url));

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
