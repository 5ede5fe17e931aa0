/**
 * The body of an answer on a plain connection that is written bit by bit: of known length, or in
 * chunks. It has the part of Node's response objects that the senders of bodies use.
 *
 * The connection outlives it: when everything is written, or the connection has closed, listeners
 * are told that it is closed, once, and it lets go of the socket.
 */
import type { Socket } from 'node:net';
import type { PacedWritable } from './paced-sender.ts';
import type { Writable } from './writable-stream.ts';

const lineEnd = '\r\n';
const lastChunk = '0\r\n\r\n';

export class PlainBody implements PacedWritable, Writable {
  readonly #socket: Socket;
  readonly #isChunked: boolean;
  readonly #written: () => void;
  readonly #drained: (() => void)[] = [];
  readonly #closed: (() => void)[] = [];
  readonly #onDrain = (): void => {
    for (const drained of this.#drained) {
      drained();
    }
  };
  readonly #onClose = (): void => this.#finish();
  /** Writes that have not been called back. */
  #pending = 0;
  #ended = false;
  #over = false;

  /** `written` is called once when all of an ended body has been handed to the system. */
  constructor(socket: Socket, isChunked: boolean, written: () => void) {
    this.#socket = socket;
    this.#isChunked = isChunked;
    this.#written = written;
    socket.on('drain', this.#onDrain);
    socket.on('close', this.#onClose);
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  get writableEnded(): boolean {
    return this.#ended;
  }

  write(bytes: Uint8Array, written?: (error?: Error | null) => void): boolean {
    this.#pending++;
    const called = (error?: Error | null): void => {
      this.#pending--;
      written?.(error);
      this.#complete();
    };
    if (!this.#isChunked) {
      return this.#socket.write(bytes, called);
    }
    this.#socket.cork();
    this.#socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
    this.#socket.write(bytes);
    const hasRoom = this.#socket.write(lineEnd, 'latin1', called);
    this.#socket.uncork();
    return hasRoom;
  }

  end(last?: Uint8Array): void {
    if (this.#ended) {
      return;
    }
    if (last !== undefined && last.length > 0) {
      this.write(last);
    }
    this.#ended = true;
    if (this.#isChunked) {
      this.#pending++;
      this.#socket.write(lastChunk, 'latin1', () => {
        this.#pending--;
        this.#complete();
      });
    }
    this.#complete();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  on(event: 'drain' | 'close', listener: () => void): void {
    (event === 'drain' ? this.#drained : this.#closed).push(listener);
  }

  #complete(): void {
    if (this.#ended && this.#pending === 0 && !this.#over && !this.#socket.destroyed) {
      this.#finish();
      this.#written();
    }
  }

  #finish(): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    this.#socket.off('drain', this.#onDrain);
    this.#socket.off('close', this.#onClose);
    for (const closed of this.#closed) {
      closed();
    }
  }
}
