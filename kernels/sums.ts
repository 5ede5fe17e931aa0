/**
 * CRC-32 of bytes where they lie in the memory that a kernel was opened for. AssemblyScript,
 * compiled to WebAssembly by `build.mjs`. All of the kernel's own lies in the room it is given.
 */
import { crc32, fillTables, SCRATCH_BYTES, TABLES_BYTES } from './crc32';

/** Bytes that a room must have. */
export const ROOM_BYTES: usize = TABLES_BYTES + SCRATCH_BYTES;

/** Prepares a room; to be called once. */
export function prepare(room: usize): void {
  fillTables(room);
}

/** The CRC-32 of `bytes` bytes from `from` on. */
export function sum(from: usize, bytes: usize, room: usize): u32 {
  return crc32(from, bytes, room, room + TABLES_BYTES);
}
