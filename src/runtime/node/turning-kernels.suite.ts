/** Kernels for tests, in plain JavaScript. */
import type { BodyKernels } from '../body-buffers.ts';

/**
 * Write the body turned over, and its length; refuse it, or fail, where its first byte says so. The
 * way is added to every byte.
 */
export const turningKernels: BodyKernels = {
  memory: (bytes) => ({ buffer: new SharedArrayBuffer(bytes) }),
  open: ({ buffer }) => ({
    decode(way, body, { bytes, words }) {
      if (body[0] === 1) throw new Error('a kernel that fails');
      for (let i = 0; i < body.length; i++) bytes[i] = body[body.length - 1 - i]! + way;
      words[0] = body.length;
      return body[0] !== 0;
    },
    copy(to, from, bytes) {
      new Uint8Array(buffer).copyWithin(to, from, from + bytes);
    },
  }),
};
