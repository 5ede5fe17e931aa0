/** The program of the thread that the test of `body-thread.ts` starts. */
import type { BodyDecoder } from '../body-buffers.ts';
import { serveBodies } from './body-thread.ts';

/** Writes the body turned over, and its length; refuses, or fails, where its first byte says so. */
const turnOver: BodyDecoder = (body, { bytes, words }) => {
  if (body[0] === 1) throw new Error('a decoder that fails');
  bytes.set(body);
  bytes.subarray(0, body.length).reverse();
  words[0] = body.length;
  return body[0] !== 0;
};

serveBodies([turnOver]);
