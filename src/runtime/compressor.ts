/**
 * The Compressor port: whole buffers in well-known formats, without holding up the event loop for
 * long. The same input gives the same output as long as the same version runs.
 */
export interface Compressor {
  gzip(bytes: Uint8Array): Promise<Uint8Array>;
  /** A sequence of Zstandard frames, which every decoder reads as one. */
  zstd(bytes: Uint8Array): Promise<Uint8Array>;
}
