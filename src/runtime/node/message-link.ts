/**
 * A Link between threads, over a MessagePort: buffers change hands without being copied, except for
 * a single small one, for which a copy costs less.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Link } from '../link.ts';
import type { ShownBodies } from '../shown-bodies.ts';

/** A message of one part up to this size is copied. */
const copiedBytesMax = 16 * 1024;

/** What is posted beside messages. */
interface Showing {
  readonly bodies: ShownBodies | null;
}

export class MessageLink implements Link {
  readonly #port: MessagePort;
  #onShown: (bodies: ShownBodies | null) => void = () => undefined;
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
    this.#port.on('message', (sent: Uint8Array | readonly Uint8Array[] | Showing) => {
      if (sent instanceof Uint8Array) receive([sent]);
      else if ('bodies' in sent) this.#onShown(sent.bodies);
      else receive(sent);
    });
  }

  show(bodies: ShownBodies | null): boolean {
    if (!this.#closed) this.#port.postMessage({ bodies } satisfies Showing);
    return true;
  }

  onShown(shown: (bodies: ShownBodies | null) => void): void {
    this.#onShown = shown;
  }

  onClose(closed: () => void): void {
    this.#port.on('close', closed);
  }

  close(): void {
    this.#port.close();
  }
}
