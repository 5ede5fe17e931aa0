/**
 * Compression by the host: gzip on its thread pool; Zstandard, which not every version of the host
 * has, in WebAssembly and piece by piece with a turn of the event loop in between.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Zstd } from '@hpcc-js/wasm-zstd';
import { concat } from '../../common/bytes.ts';
import type { Compressor } from '../compressor.ts';
import { nextTurn } from './turn.ts';

/** One frame; takes a few milliseconds. */
const PIECE_BYTES = 256 * 1024;

const gzipLater = promisify(gzip) as (bytes: Uint8Array) => Promise<Uint8Array>;

export class NodeCompressor implements Compressor {
  #zstd: Promise<Zstd> | null = null;

  async gzip(bytes: Uint8Array): Promise<Uint8Array> {
    return gzipLater(bytes);
  }

  async zstd(bytes: Uint8Array): Promise<Uint8Array> {
    this.#zstd ??= import('@hpcc-js/wasm-zstd').then(({ Zstd }) => Zstd.load());
    const zstd = await this.#zstd;
    const frames: Uint8Array[] = [];
    for (let at = 0; at < bytes.length || at === 0; at += PIECE_BYTES) {
      frames.push(zstd.compress(bytes.subarray(at, at + PIECE_BYTES)));
      await nextTurn();
    }
    return concat(frames);
  }
}
