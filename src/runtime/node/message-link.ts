/** A Link between threads, over a MessagePort: buffers change hands without being copied. */
import type { MessagePort } from 'node:worker_threads';
import type { Link } from '../link.ts';

export class MessageLink implements Link {
  readonly #port: MessagePort;
  #closed = false;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('close', () => (this.#closed = true));
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#closed) return;
    this.#port.postMessage(
      parts,
      parts.map((part) => part.buffer as ArrayBuffer),
    );
  }

  onMessage(receive: (parts: readonly Uint8Array[]) => void): void {
    this.#port.on('message', receive);
  }

  onClose(closed: () => void): void {
    this.#port.on('close', closed);
  }

  close(): void {
    this.#port.close();
  }
}
