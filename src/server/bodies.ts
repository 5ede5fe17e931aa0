/** Where a thread of the server keeps large bodies and decodes them. */
import { putRecordsKernels, wayOfPutRecords } from '../api/fast/put-records-kernel.ts';
import type { Buffers } from '../common/buffer-pool.ts';
import { BodyThread, BODY_THREAD_DEFAULTS } from '../runtime/node/body-thread.ts';
import type { BodyThreadOptions } from '../runtime/node/body-thread.ts';

/** With a second thread that digests, where that is wanted, and decodes. */
export function helpedBodies(buffers: Buffers, digests: boolean): BodyThread {
  const entry = new URL('./body-thread-main.js', import.meta.url);
  return bodies(buffers, { entry, digests, show: () => false });
}

/** Bodies are decoded by this thread where they lie; see BodyThreadOptions. */
export function ownBodies(buffers: Buffers, show: BodyThreadOptions['show']): BodyThread {
  return bodies(buffers, { entry: null, digests: false, show });
}

function bodies(
  buffers: Buffers,
  options: Pick<BodyThreadOptions, 'entry' | 'digests' | 'show'>,
): BodyThread {
  return new BodyThread(buffers, {
    ...BODY_THREAD_DEFAULTS,
    kernels: putRecordsKernels,
    wayOf: wayOfPutRecords,
    ...options,
  });
}
