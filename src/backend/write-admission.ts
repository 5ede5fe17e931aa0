/**
 * Which records of an append a shard's write limit lets in: all, none, or a mask, decided in
 * request order.
 */
import { packedEnd, recordBytes } from '../model/packed.ts';
import { packedHeaderBytes } from '../model/record-batch.ts';
import type { WriteThrottle } from './throttle.ts';

export interface Admission {
  readonly accepted: number;
  /** Null when all were accepted; else one byte per record, 1 = refused. */
  readonly refused: Uint8Array | null;
  /** Packed bytes of the accepted records. */
  readonly packedBytes: number;
}

/** Takes from the throttle what is let in. */
export function admit(
  throttle: WriteThrottle,
  count: number,
  payload: Uint8Array,
  nowMs: number,
): Admission {
  if (throttle.tryTake(count, recordBytes(payload.length, count), nowMs)) {
    return { accepted: count, refused: null, packedBytes: payload.length };
  }
  const refused = new Uint8Array(count);
  let accepted = 0;
  let packedBytes = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = packedEnd(payload, at);
    if (throttle.tryTake(1, end - at - packedHeaderBytes, nowMs)) {
      accepted++;
      packedBytes += end - at;
    } else {
      refused[i] = 1;
    }
    at = end;
  }
  return { accepted, refused, packedBytes };
}

/** The accepted records of a payload, back to back in a new array. */
export function gatherAccepted(
  payload: Uint8Array,
  refused: Uint8Array,
  packedBytes: number,
): Uint8Array {
  const out = new Uint8Array(packedBytes);
  let to = 0;
  let at = 0;
  for (let i = 0; i < refused.length; i++) {
    const end = packedEnd(payload, at);
    if (refused[i] === 0) {
      out.set(payload.subarray(at, end), to);
      to += end - at;
    }
    at = end;
  }
  return out;
}
