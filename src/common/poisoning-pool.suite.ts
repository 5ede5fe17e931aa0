/**
 * A buffer pool for tests that overwrites what comes back: whoever still looks at a buffer after it
 * was given back reads nonsense at once instead of now and then.
 */
import { BufferPool } from './buffer-pool.ts';

const POISON = 0xee;
const MiB = 1024 * 1024;

export class PoisoningPool extends BufferPool {
  taken = 0;
  given = 0;

  constructor() {
    super({ idleBytesMax: 64 * MiB, bufferBytesMax: 16 * MiB });
  }

  override take(bytes: number): Uint8Array {
    this.taken++;
    return super.take(bytes);
  }

  override give(buffer: Uint8Array): void {
    this.given++;
    buffer.fill(POISON);
    super.give(buffer);
  }
}
