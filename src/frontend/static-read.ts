/**
 * Lets a TCP socket read into memory that is there already, instead of a fresh buffer for every
 * read: those are what makes the garbage collector run under load. Ordinary reads go into one
 * buffer that all connections of the thread share; where a reader says so, the next one goes
 * straight to its place.
 *
 * Node has this for sockets that it connects (`onread`), but not for those that a server accepts,
 * so the same switches are set here on an accepted one. Where a version of Node does not have them,
 * nothing is changed and the socket goes on with 'data' events.
 *
 * Invariant: no read ever ends in a place that its reader has given up. Node asks for the place of
 * the next read after each one; a place given up at any other time must be withdrawn before.
 */
import type { Socket } from 'node:net';

/**
 * Of a read into the shared buffer, whose bytes are all copied: enough for a head and a small body.
 * What is larger has a place of its own from then on.
 */
const READ_BYTES = 32 * 1024;

interface Handle {
  useUserBuffer?: (buffer: Uint8Array) => void;
}

type Switches = Record<symbol, unknown> & { readonly _handle?: Handle | null };

/** Takes what a socket reads. */
export interface SocketReader {
  /** The bytes of a read into the shared buffer; the next read of any socket overwrites them. */
  read(bytes: Buffer): void;
  /**
   * Where the next read is to go, at least one byte long; null for the shared buffer. Asked after
   * each read, never between.
   */
  place(): Uint8Array | null;
  /** `bytes` have been read to the start of the last place. */
  placed(bytes: number): void;
}

export class StaticReads {
  readonly #shared: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  /**
   * Has all that the socket reads given to `reader`; null where that is not possible. What was put
   * back to the socket before still comes by its 'data' events.
   */
  begin(socket: Socket, reader: SocketReader): SocketReads | null {
    const switches = socket as unknown as Switches;
    const symbols = Object.getOwnPropertySymbols(socket);
    const find = (name: string): symbol | undefined =>
      symbols.find(({ description }) => description === name);
    const buffer = find('kBuffer');
    const called = find('kBufferCb');
    const next = find('kBufferGen');
    if (!buffer || !called || !next || !switches._handle?.useUserBuffer) {
      return null;
    }
    return new SocketReads(socket, { buffer, called, next }, reader, this.#shared);
  }
}

interface Names {
  /** What the handle reads into. */
  readonly buffer: symbol;
  /** Called after each read, with its number of bytes. */
  readonly called: symbol;
  /** Then called for what to read into from now on; undefined leaves it as it is. */
  readonly next: symbol;
}

/** The reads of one socket. */
export class SocketReads {
  readonly #socket: Socket;
  readonly #switches: Switches;
  readonly #names: Names;
  readonly #shared: Buffer;
  /** Of the reads under way; null for the shared buffer. */
  #place: Uint8Array | null = null;

  constructor(socket: Socket, names: Names, reader: SocketReader, shared: Buffer) {
    this.#socket = socket;
    this.#switches = socket as unknown as Switches;
    this.#names = names;
    this.#shared = shared;
    this.#switches[names.called] = (bytes: number): void => {
      if (this.#place === null) {
        reader.read(shared.subarray(0, bytes));
      } else {
        reader.placed(bytes);
      }
    };
    this.#switches[names.next] = (): Uint8Array | undefined => {
      const place = reader.place();
      if (place === null && this.#place === null) {
        return undefined;
      }
      this.#place = place;
      return place ?? shared;
    };
    this.#useShared();
  }

  /**
   * Has nothing more read into the last place: for when the reader gives it up other than during a
   * read. Costs some bytes for as long as the socket lives, so not for every request.
   */
  withdraw(): void {
    if (this.#place !== null) {
      this.#place = null;
      this.#useShared();
    }
  }

  /** What the socket reads from now on comes by its 'data' events. */
  end(): void {
    this.withdraw();
    const { called, next } = this.#names;
    // The handle goes on reading into the buffer, and stops where the socket wants no more.
    this.#switches[called] = (bytes: number): boolean =>
      this.#socket.push(Buffer.from(this.#shared.subarray(0, bytes)));
    this.#switches[next] = null;
  }

  #useShared(): void {
    this.#switches[this.#names.buffer] = this.#shared;
    this.#switches._handle?.useUserBuffer?.(this.#shared);
  }
}
