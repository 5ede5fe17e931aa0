/**
 * What answers are made of where there is much of it. AssemblyScript, compiled to WebAssembly by
 * `build.mjs`. All is in the memory that a kernel was opened for, at the places it gives.
 */
export { COLUMNS, ENTRIES, TEMPLATE, writeEntries } from './entries';
export {
  bytesRead,
  bytesWritten,
  HEAD,
  mustEscape,
  PACKED,
  PACKED_BYTES_MAX,
  RECORDS,
  writeRecords,
} from './records';
export { WEIGHTS } from './sequence-number';
