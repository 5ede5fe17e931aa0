/**
 * How the JavaScript heap of a server process grows. Left to itself, the engine lets a small heap
 * grow to four times what is live before it looks for garbage: tens of megabytes to save a few
 * collections a minute.
 */
import { setFlagsFromString } from 'node:v8';

/** The heap may grow by this much of what was live after a collection, per cent. */
const GROWTH_PERCENT = 40;

/** For the process as a whole, threads included. */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
