/**
 * Lets a TCP socket read into one buffer that is shared by all connections of the thread, instead
 * of a fresh buffer for every read: those are what makes the garbage collector run under load.
 *
 * Node has this for sockets that it connects (`onread`), but not for those that a server accepts,
 * so the same switches are set here on an accepted one. Where a version of Node does not have them,
 * nothing is changed and the socket goes on with 'data' events.
 */
import type { Socket } from 'node:net';

/** Large enough that a body arrives in few reads, small enough to stay in the cache. */
const READ_BYTES = 256 * 1024;

interface Handle {
  useUserBuffer?: (buffer: Uint8Array) => void;
}

type Switches = Record<symbol, unknown> & { readonly _handle?: Handle | null };

/** Undoes a `begin`: what the socket reads from now on comes by its 'data' events. */
export type EndReads = () => void;

export class StaticReads {
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  /**
   * Has `read` called with the bytes of each read; they are overwritten by the next read of any
   * socket. What was put back to the socket before still comes by its 'data' events.
   */
  begin(socket: Socket, read: (bytes: Buffer) => void): EndReads {
    const switches = socket as unknown as Switches;
    const symbols = Object.getOwnPropertySymbols(socket);
    const buffer = symbols.find(({ description }) => description === 'kBuffer');
    const called = symbols.find(({ description }) => description === 'kBufferCb');
    const handle = switches._handle;
    if (buffer === undefined || called === undefined || !handle?.useUserBuffer) {
      return () => undefined;
    }
    switches[buffer] = this.#buffer;
    switches[called] = (bytes: number): void => read(this.#buffer.subarray(0, bytes));
    handle.useUserBuffer(this.#buffer);
    // The handle goes on reading into the buffer, and stops where the socket wants no more.
    return () => {
      switches[called] = (bytes: number): boolean =>
        socket.push(Buffer.from(this.#buffer.subarray(0, bytes)));
    };
  }
}
