/**
 * What answers are made of where there is much of it. AssemblyScript, compiled to WebAssembly by
 * `build.mjs`. All is in the memory that a kernel was opened for, at the places it gives.
 */
export { placeOfColumns, placeOfEntries, placeOfTemplate, writeEntries } from './entries';
export {
  bytesRead,
  bytesWritten,
  mustEscape,
  packedBytesMax,
  placeOfHead,
  placeOfPacked,
  placeOfRecords,
  writeRecords,
} from './records';
export { placeOfWeights } from './sequence-number';
