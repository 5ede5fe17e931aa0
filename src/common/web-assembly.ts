/**
 * As much of WebAssembly as is used here. It is a global of Node, which may be absent where code
 * must not be made at run time.
 */

/** Memory that threads share. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

interface WebAssemblyParts {
  Memory: {
    new (limits: { initial: number; maximum: number; shared: true }): SharedMemory;
    new (limits: { initial: number; maximum: number }): { readonly buffer: ArrayBuffer };
  };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
}
declare const WebAssembly: WebAssemblyParts;

export const PAGE_BYTES: number = 64 * 1024;

/** Shared memory of `bytes` or little more; null where the process may not have so much. */
export function sharedMemory(bytes: number): SharedMemory | null {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    return null;
  }
}

/** By what they hold: memories that are not shared. */
const memories = new WeakMap<ArrayBufferLike, object>();

/** Memory that begins where a page of the processor does; null where there is none. */
export function alignedMemory(bytes: number): Uint8Array | null {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    memories.set(memory.buffer, memory);
    return new Uint8Array(memory.buffer);
  } catch {
    return null;
  }
}

/** The memory of which `alignedMemory` gave the bytes; undefined for any other bytes. */
export function memoryOf(buffer: ArrayBufferLike): object | undefined {
  return memories.get(buffer);
}

/** A number that a kernel exports. */
export interface KernelNumber {
  readonly value: number;
}

/** A kernel as it is in the program; compiled when it is first needed, then once. */
export class Kernel {
  readonly #base64: string;
  #module: object | null = null;

  constructor(base64: string) {
    this.#base64 = base64;
  }

  /** The functions of the kernel that computes in `memory`. */
  open(memory: object): unknown {
    this.#module ??= new WebAssembly.Module(Buffer.from(this.#base64, 'base64'));
    return new WebAssembly.Instance(this.#module, { env: { memory } }).exports;
  }
}
