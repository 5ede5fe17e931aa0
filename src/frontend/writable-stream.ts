/**
 * A ResponseStream over one of Node's response objects; HTTP/1.1 and HTTP/2 share it.
 */
import type { ResponseStream } from '../api/response-stream.ts';

/** The part of ServerResponse and ServerHttp2Stream that is used. */
export interface Writable {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  write(bytes: Uint8Array): boolean;
  end(): unknown;
  destroy(): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
}

export class WritableResponseStream implements ResponseStream {
  readonly #writable: Writable;
  #drained: () => void = () => {};
  #closed: (() => void) | null = null;
  #over = false;

  constructor(writable: Writable) {
    this.#writable = writable;
    writable.on('drain', () => {
      if (this.open) {
        this.#drained();
      }
    });
    writable.on('close', () => this.#finish());
    if (writable.destroyed) {
      this.#finish();
    }
  }

  get open(): boolean {
    return !this.#over && !this.#writable.writableEnded && !this.#writable.destroyed;
  }

  write(bytes: Uint8Array): boolean {
    return this.open ? this.#writable.write(bytes) : false;
  }

  onDrain(drained: () => void): void {
    this.#drained = drained;
  }

  onClose(closed: () => void): void {
    if (this.#over) {
      closed();
      return;
    }
    this.#closed = closed;
  }

  end(): void {
    if (this.open) {
      this.#writable.end();
    }
  }

  destroy(): void {
    if (!this.#over) {
      this.#writable.destroy();
    }
  }

  #finish(): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    const closed = this.#closed;
    this.#closed = null;
    this.#drained = () => {};
    closed?.();
  }
}
