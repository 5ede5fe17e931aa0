/** Where a thread of the server keeps large bodies and decodes them. */
import { putRecordsKernels, wayOfPutRecords } from '../api/fast/put-records-kernel.ts';
import type { Buffers } from '../common/buffer-pool.ts';
import type { Spread } from '../frontend/spread.ts';
import type { BodyHeaders } from '../runtime/body-buffers.ts';
import { BodyThread, BODY_THREAD_DEFAULTS } from '../runtime/node/body-thread.ts';
import type { BodyThreadOptions } from '../runtime/node/body-thread.ts';

/**
 * With a second thread that digests, where that is wanted, and decodes, and takes checksums of
 * records that spread wide.
 */
export function helpedBodies(buffers: Buffers, spread: Spread, digests: boolean): BodyThread {
  const entry = new URL('./body-thread-main.js', import.meta.url);
  const wayOf = (headers: BodyHeaders): number => wayOfPutRecords(headers, spread.isWide);
  return bodies(buffers, { entry, wayOf, digests, show: () => false });
}

/** Bodies are decoded by this thread where they lie; see BodyThreadOptions. */
export function ownBodies(buffers: Buffers, show: BodyThreadOptions['show']): BodyThread {
  const wayOf = (headers: BodyHeaders): number => wayOfPutRecords(headers, false);
  return bodies(buffers, { entry: null, wayOf, digests: false, show });
}

function bodies(
  buffers: Buffers,
  options: Pick<BodyThreadOptions, 'entry' | 'wayOf' | 'digests' | 'show'>,
): BodyThread {
  return new BodyThread(buffers, {
    ...BODY_THREAD_DEFAULTS,
    kernels: putRecordsKernels,
    ...options,
  });
}
