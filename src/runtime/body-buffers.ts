/**
 * Buffers for whole request bodies, on which work may go on elsewhere until their owner wants it.
 */
import type { Buffers } from '../common/buffer-pool.ts';
import type { Gather } from '../common/pieces.ts';
import type { SharedMemory } from '../common/web-assembly.ts';

/** Header values by lower-case name. */
export type BodyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Where a kernel writes what it makes of a body; both of the kernel's memory. */
export interface DecodeTarget {
  /** Room for `DECODE_SLACK_BYTES` more than the body has. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

/** What a kernel may write beyond the length of the body. */
export const DECODE_SLACK_BYTES = 4096;

/** Words that a kernel may write. */
export const DECODE_WORDS = 4096;

/** Bytes at the start of a kernel's memory that are its own. */
export const KERNEL_BYTES: number = 64 * 1024;

/** Memory that threads share and kernels compute in. */
export type KernelMemory = SharedMemory;

/** Computes in the memory it was opened for. */
export interface BodyKernel {
  /**
   * Decodes a body that lies in the memory, in one of the ways that there are; false where it makes
   * nothing of it.
   */
  decode(way: number, body: Uint8Array, into: DecodeTarget): boolean;
  /** Copies bytes from one place in the memory to another. */
  copy(to: number, from: number, bytes: number): void;
}

/** How to come by kernels. */
export interface BodyKernels {
  /** Memory of `bytes` or more; null where the system does not grant it. */
  memory(bytes: number): KernelMemory | null;
  /** A kernel of the calling thread. */
  open(memory: KernelMemory): BodyKernel;
}

/** What a kernel has made of a body. */
export interface KernelResult extends DecodeTarget {
  /** Gathers pieces of `bytes`. */
  readonly gather: Gather;
}

/** Work on a body that has been begun. */
export interface BodyWork {
  /** Whether nothing of it is to be done, or waited for, any more. */
  readonly isDone: boolean;
  /**
   * SHA-256 of the body as 64 hexadecimal digits in lower case; what is missing of it is done, or
   * waited for, in the call.
   */
  digest(): string;
  /**
   * What a kernel has made of the body, valid until the body's buffer is given back; what is
   * missing of it is done, or waited for, in the call. Null where the body is to be decoded
   * otherwise. To be asked once.
   */
  decoded(): KernelResult | null;
}

export interface BodyBuffers extends Buffers {
  /**
   * Begins the work on `body`, a range from the start of a buffer that `take` gave. Until the
   * buffer is given back the bytes must stay as they are. Null where there is nothing to gain.
   */
  begin(body: Uint8Array, headers: BodyHeaders): BodyWork | null;
  /** For a buffer of `take` that will never be given back, since somebody may still look at it. */
  abandon(buffer: Uint8Array): void;
}

/** Bodies with which all is left to the caller. */
export function idleBodies(buffers: Buffers): BodyBuffers {
  return {
    take: (bytes) => buffers.take(bytes),
    give: (buffer) => buffers.give(buffer),
    begin: () => null,
    abandon: () => undefined,
  };
}
