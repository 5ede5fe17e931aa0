/**
 * As much of WebAssembly as is used here. It is a global of Node, which may be absent where code
 * must not be made at run time.
 */
import { assert } from './assert.ts';

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
  /** Null where it could not be compiled. */
  #module: object | null | undefined;

  constructor(base64: string) {
    this.#base64 = base64;
  }

  /** Whether this host can run it: kernels need vector instructions, which a few have not. */
  get isUsable(): boolean {
    return this.#compiled() !== null;
  }

  /** The functions of the kernel, which must be usable, that computes in `memory`. */
  open(memory: object): unknown {
    const module = this.#compiled();
    assert(module !== null, 'kernel: not usable here');
    return new WebAssembly.Instance(module, { env: { memory } }).exports;
  }

  #compiled(): object | null {
    if (this.#module === undefined) {
      try {
        this.#module = new WebAssembly.Module(Buffer.from(this.#base64, 'base64'));
      } catch {
        this.#module = null;
      }
    }
    return this.#module;
  }
}
