/**
 * A Link between threads, over a MessagePort: buffers change hands without being copied, except for
 * a single small one, for which a copy costs less.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Link } from '../link.ts';

/** A message of one part up to this size is copied. */
const copiedBytesMax = 16 * 1024;

export class MessageLink implements Link {
  readonly #port: MessagePort;
  #closed = false;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('close', () => (this.#closed = true));
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#closed) return;
    const [first] = parts;
    if (parts.length === 1 && first !== undefined && first.length <= copiedBytesMax) {
      this.#port.postMessage(first);
      return;
    }
    this.#port.postMessage(
      parts,
      parts.map((part) => part.buffer as ArrayBuffer),
    );
  }

  onMessage(receive: (parts: readonly Uint8Array[]) => void): void {
    this.#port.on('message', (sent: Uint8Array | readonly Uint8Array[]) =>
      receive(sent instanceof Uint8Array ? [sent] : sent),
    );
  }

  onClose(closed: () => void): void {
    this.#port.on('close', closed);
  }

  close(): void {
    this.#port.close();
  }
}
